import { type Socket, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Probe } from '../requests/probe.ts';
import { ReplyReader } from './reply-reader.ts';
import type { WireReply } from './wire-reply.ts';

/** Where a server listens. */
export interface Endpoint {
  readonly hostname: string;
  readonly port: number;
}

/** How the server left the connection: `silent` if it neither replied nor closed it. */
export type ConnectionEnd = 'open' | 'closed' | 'reset' | 'silent';

/** What came of one probe. */
export interface WireExchange {
  /** Final ones, as many as the probe has requests, or fewer. */
  readonly replies: readonly WireReply[];
  /** The statuses of interim replies. */
  readonly interim: readonly number[];
  readonly end: ConnectionEnd;
  /** From the last byte of the request's head to the first of a reply. */
  readonly firstByteMs: number | undefined;
  /** What is wrong with what came, if it is not HTTP. */
  readonly malformed: string | undefined;
}

/** How long to wait. */
export interface Patience {
  /** For a reply. */
  readonly replyMs: number;
  /** After a whole reply, for the server to close the connection. */
  readonly settleMs: number;
}

/** What a server sends beyond is not read. No probe asks for so much, and all of it is kept. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Whoever says more to one probe says nothing that could be compared. */
const MAX_INTERIM = 100;

/** How long a body waits for `100 Continue`: a server need not send it. Source: RFC 9110, section 10.1.1. */
const CONTINUE_MS = 1000;

/** Sends a probe on a connection of its own, and reads what comes of it. Rejects if nothing listens there. */
export async function exchange(endpoint: Endpoint, probe: Probe, patience: Patience): Promise<WireExchange> {
  await using client = await WireClient.connect(endpoint, probe);
  await client.send();
  if (probe.ending === 'reset') {
    client.reset();
    return { replies: [], interim: [], end: 'closed', firstByteMs: undefined, malformed: undefined };
  }
  return await client.receive(patience);
}

class WireClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #probe: Probe;
  readonly #reader: ReplyReader;
  readonly #replies: WireReply[] = [];
  readonly #interim: number[] = [];
  #receivedBytes = 0;
  #excess: string | undefined;
  #sentMs = 0;
  #firstByteMs: number | undefined;
  #end: 'closed' | 'reset' | undefined;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket, probe: Probe) {
    this.#socket = socket;
    this.#probe = probe;
    this.#reader = new ReplyReader(
      {
        onInterim: (status) => this.#interim.push(status),
        onReply: (reply) => this.#replies.push(reply),
      },
      'keep-bodies',
    );
    this.#reader.method = probe.method;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('end', () => this.#finish('closed'));
    socket.on('error', () => this.#finish('reset'));
    socket.on('close', () => this.#finish('closed'));
  }

  static async connect({ hostname, port }: Endpoint, probe: Probe): Promise<WireClient> {
    const socket = connect({ host: hostname, port, allowHalfOpen: true, noDelay: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('connect', resolve).once('error', reject);
    await promise;
    return new WireClient(socket, probe);
  }

  /** Resolves when all parts are with the kernel, or the server has broken the connection off. */
  async send(): Promise<void> {
    for (const [index, part] of this.#probe.parts.entries()) {
      if (index > 0) await this.#pause();
      if (this.#socket.destroyed || this.#end === 'reset') return;
      if (index === 0) this.#sentMs = performance.now();
      await new Promise<void>((resolve) => {
        this.#socket.once('close', () => resolve());
        this.#socket.write(part, () => resolve());
      });
    }
    if (this.#probe.ending === 'half-close') this.#socket.end();
  }

  async receive({ replyMs, settleMs }: Patience): Promise<WireExchange> {
    const isDone = (): boolean => this.#replies.length >= this.#probe.replies || this.#malformed !== undefined;
    await this.#until(isDone, replyMs);
    const isAnswered = isDone();
    if (isAnswered) await this.#until(() => false, settleMs);
    // Part of a reply that never became whole.
    if (!isAnswered && this.#end === undefined) this.#reader.end('reset');
    return {
      replies: this.#replies,
      interim: this.#interim,
      end: this.#end ?? (isAnswered ? 'open' : 'silent'),
      firstByteMs: this.#firstByteMs,
      malformed: this.#malformed,
    };
  }

  get #malformed(): string | undefined {
    return this.#reader.malformed ?? this.#excess;
  }

  /** Breaks off (RST). */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.destroy();
    await closed;
  }

  /** Between two parts: until the server asks for more, or a moment, so that they are two packets. */
  async #pause(): Promise<void> {
    if (this.#probe.awaits === 'continue') {
      await this.#until(() => this.#interim.length > 0 || this.#replies.length > 0, CONTINUE_MS);
    } else await sleep(2);
  }

  #take(bytes: Buffer): void {
    this.#firstByteMs ??= performance.now() - this.#sentMs;
    if (this.#malformed !== undefined) return;
    this.#receivedBytes += bytes.byteLength;
    this.#reader.push(bytes);
    this.#excess = this.#findExcess();
    this.#wake();
  }

  #findExcess(): string | undefined {
    if (this.#receivedBytes > MAX_BYTES) return `more than ${MAX_BYTES / 1024 ** 2} MiB`;
    if (this.#interim.length > MAX_INTERIM) return `more than ${MAX_INTERIM} interim replies`;
    return this.#replies.length > this.#probe.replies ? 'more replies than requests' : undefined;
  }

  #finish(how: 'closed' | 'reset'): void {
    if (this.#end !== undefined) return;
    this.#end = how;
    this.#reader.end(how);
    this.#wake();
  }

  /** Resolves when it is so, when the connection has ended, or after so long. */
  async #until(isSo: () => boolean, ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    for (let left = ms; left > 0 && !isSo() && this.#end === undefined; left = deadline - performance.now()) {
      const cancel = new AbortController();
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      await Promise.race([woken, sleep(left, undefined, { signal: cancel.signal }).catch(() => undefined)]);
      cancel.abort();
    }
  }
}
