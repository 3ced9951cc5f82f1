import { type Socket, connect } from 'node:net';

/** How a message or a connection ended: `framed` by its own length or last chunk, `closed` by a clean FIN, `reset` by RST. */
export type Ending = 'framed' | 'closed' | 'reset';

/** A reply's head, byte for byte: all text is latin1, one char a byte. */
export interface RawHead {
  /** `HTTP/1.1 200 OK` */
  readonly statusLine: string;
  readonly status: number;
  /** `Name: value` as they came, in order. */
  readonly headerLines: readonly string[];
}

export interface RawReply extends RawHead {
  /** The data of each chunk of a chunked body; otherwise the whole body as one, or none. */
  readonly chunks: readonly string[];
  /** The body as far as it came, without its framing. */
  readonly body: string;
  readonly trailerLines: readonly string[];
  /** `framed` is a whole reply; `closed` is whole only if neither a length nor chunks frame it (HTTP/1.0). */
  readonly ending: Ending;
}

/** What the client has to know to frame a reply. */
export interface ReadOptions {
  /** The method of the request: a reply to HEAD has no body. Default `GET`. */
  readonly method?: string;
}

/** The connection ended when a head was expected. */
export class ConnectionEnded extends Error {
  override readonly name = 'ConnectionEnded';
  readonly ending: Ending;
  /** What came instead of a whole head. */
  readonly received: string;

  constructor(ending: Ending, received: string) {
    super(`the connection ended (${ending}) when a head was expected, after ${JSON.stringify(received)}`);
    this.ending = ending;
    this.received = received;
  }
}

/** The values of a field, in order, by its name in any case. */
export function valuesOf({ headerLines }: Pick<RawHead, 'headerLines'>, name: string): string[] {
  const prefix = `${name.toLowerCase()}:`;
  return headerLines
    .filter((line) => line.toLowerCase().startsWith(prefix))
    .map((line) => line.slice(prefix.length).trim());
}

/** Connects to `http://HOST:PORT`. */
export async function connectRaw(origin: string): Promise<RawClient> {
  const { hostname, port } = new URL(origin);
  const socket = connect({
    host: hostname.replaceAll(/[[\]]/g, ''),
    port: Number(port),
    allowHalfOpen: true,
    noDelay: true,
  });
  const client = new RawClient(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return client;
}

/** Whether nothing listens there. */
export async function isRefused(origin: string): Promise<boolean> {
  try {
    await using _client = await connectRaw(origin);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  }
}

/** One connection, one write, one reply: `await requestRaw(origin, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')`. */
export async function requestRaw(origin: string, bytes: string | Uint8Array): Promise<RawReply> {
  await using client = await connectRaw(origin);
  await client.send(bytes);
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
  return await client.readReply({ method: text.slice(0, text.indexOf(' ')) });
}

/** `GET PATH HTTP/1.1`, the `Host`, and whatever lines else. */
export function rawGet(path: string, ...headerLines: string[]): string {
  return [`GET ${path} HTTP/1.1`, 'Host: test', ...headerLines, '', ''].join('\r\n');
}

/**
 * One TCP connection on which a test speaks HTTP/1 byte by byte. Strings are latin1.
 *
 * It reads from the socket only while one of its `read…` waits (Node reads 64 KiB ahead), so a test that does not read is a client that
 * does not. The caller must dispose it, which closes the connection without a reset.
 */
export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #ending: Ending | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.once('end', () => (this.#ending ??= 'closed'));
    socket.once('error', () => (this.#ending ??= 'reset'));
    socket.once('close', () => (this.#ending ??= 'closed'));
  }

  /** Resolves when the bytes are with the kernel, or the connection is gone. */
  send(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () => resolve());
    });
  }

  /** Sends the data as one chunk of a chunked body; empty data is the last chunk. */
  sendChunk(data: string, ...trailerLines: string[]): Promise<void> {
    if (data !== '') return this.send(`${data.length.toString(16)}\r\n${data}\r\n`);
    return this.send(['0', ...trailerLines, '', ''].join('\r\n'));
  }

  /** Ends the sending side (FIN), and keeps reading. */
  halfClose(): void {
    this.socket.end();
  }

  /** Breaks off (RST). */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** The next head, final or interim (1xx). Rejects with `ConnectionEnded` if none comes. */
  async readHead(): Promise<RawHead> {
    const text = await this.#takeThrough('\r\n\r\n');
    if (text === undefined) throw new ConnectionEnded(this.#ending ?? 'closed', this.#take(Infinity));
    const [statusLine = '', ...headerLines] = text.slice(0, -4).split('\r\n');
    return { statusLine, status: Number(statusLine.split(' ')[1]), headerLines };
  }

  /** The data of the next chunk of a chunked body; empty at the last, whose trailers follow; an `Ending` if the connection ended before it was whole. */
  async readChunk(): Promise<string | { readonly ending: Ending }> {
    const size = await this.#takeThrough('\r\n');
    if (size === undefined) return { ending: this.#ending ?? 'closed' };
    const byteLength = Number.parseInt(size, 16);
    if (byteLength === 0) return '';
    const data = await this.#takeExactly(byteLength + 2);
    return data === undefined ? { ending: this.#ending ?? 'closed' } : data.slice(0, -2);
  }

  /** What follows the last chunk: the lines of the trailer section, and whether it came whole. */
  async readTrailers(): Promise<Pick<RawReply, 'trailerLines' | 'ending'>> {
    const trailerLines: string[] = [];
    for (;;) {
      const line = await this.#takeThrough('\r\n');
      if (line === undefined) return { trailerLines, ending: this.#ending ?? 'closed' };
      if (line === '\r\n') return { trailerLines, ending: 'framed' };
      trailerLines.push(line.slice(0, -2));
    }
  }

  /** The next final head with its whole body, as far as it comes. Rejects with `ConnectionEnded` if no head comes. */
  async readReply({ method = 'GET' }: ReadOptions = {}): Promise<RawReply> {
    let head = await this.readHead();
    while (head.status < 200 && head.status !== 101) head = await this.readHead();
    const body = await this.#readBody(head, method);
    return { ...head, ...body, body: body.chunks.join('') };
  }

  /** Any bytes that have come or come next; empty at the end of the connection. */
  async readSome(): Promise<string> {
    if (this.#buffer.byteLength === 0) await this.#fill();
    return this.#take(Infinity);
  }

  /** How the connection ends, once it does: reads and drops all that is left. */
  async readEnding(): Promise<Ending> {
    while (await this.#fill()) this.#take(Infinity);
    return this.#ending ?? 'closed';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.closed) return;
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.destroy();
    await closed;
  }

  async #readBody(head: RawHead, method: string): Promise<Pick<RawReply, 'chunks' | 'trailerLines' | 'ending'>> {
    if (method === 'HEAD' || head.status === 204 || head.status === 304)
      return { chunks: [], trailerLines: [], ending: 'framed' };
    if (valuesOf(head, 'transfer-encoding').at(-1)?.toLowerCase() === 'chunked') return await this.#readChunks();
    const [declared] = valuesOf(head, 'content-length');
    const byteLength = declared === undefined ? Infinity : Number(declared);
    const whole = await this.#takeExactly(byteLength);
    const body = whole ?? this.#take(Infinity);
    const ending = whole === undefined ? (this.#ending ?? 'closed') : 'framed';
    return { chunks: body === '' ? [] : [body], trailerLines: [], ending };
  }

  async #readChunks(): Promise<Pick<RawReply, 'chunks' | 'trailerLines' | 'ending'>> {
    const chunks: string[] = [];
    for (;;) {
      const chunk = await this.readChunk();
      if (typeof chunk !== 'string')
        return { chunks: [...chunks, ...this.#rest()], trailerLines: [], ending: chunk.ending };
      if (chunk === '') break;
      chunks.push(chunk);
    }
    return { chunks, ...(await this.readTrailers()) };
  }

  /** What came of a chunk that is not whole. */
  #rest(): string[] {
    const rest = this.#take(Infinity);
    return rest === '' ? [] : [rest];
  }

  async #takeThrough(delimiter: string): Promise<string | undefined> {
    let at = this.#buffer.indexOf(delimiter, 0, 'latin1');
    while (at === -1 && (await this.#fill())) at = this.#buffer.indexOf(delimiter, 0, 'latin1');
    return at === -1 ? undefined : this.#take(at + delimiter.length);
  }

  async #takeExactly(byteLength: number): Promise<string | undefined> {
    const pieces = [this.#buffer];
    let have = this.#buffer.byteLength;
    this.#buffer = Buffer.alloc(0);
    while (have < byteLength && (await this.#fill())) {
      pieces.push(this.#buffer);
      have += this.#buffer.byteLength;
      this.#buffer = Buffer.alloc(0);
    }
    this.#buffer = Buffer.concat(pieces);
    return have < byteLength ? undefined : this.#take(byteLength);
  }

  #take(byteLength: number): string {
    const taken = this.#buffer.toString('latin1', 0, Math.min(byteLength, this.#buffer.byteLength));
    this.#buffer = this.#buffer.subarray(taken.length);
    return taken;
  }

  /** Waits for more bytes. `false` at the end of the connection. */
  async #fill(): Promise<boolean> {
    for (;;) {
      const bytes = this.socket.read() as Buffer | null;
      if (bytes !== null) {
        this.#buffer = this.#buffer.byteLength === 0 ? bytes : Buffer.concat([this.#buffer, bytes]);
        return true;
      }
      if (this.#ending !== undefined || this.socket.destroyed) return false;
      await this.#somethingHappens();
    }
  }

  #somethingHappens(): Promise<void> {
    return new Promise((resolve) => {
      const events = ['readable', 'end', 'error', 'close'];
      const go = (): void => {
        for (const event of events) this.socket.off(event, go);
        resolve();
      };
      for (const event of events) this.socket.on(event, go);
    });
  }
}
