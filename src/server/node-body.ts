import type { IncomingMessage, ServerResponse } from 'node:http';
import { ok, err, type Result } from '../abi/host-interface.ts';
import type { BodySource } from '../wasi/http/body-source.ts';
import type { ErrorCode } from '../wasi/http/error-code.ts';
import type { FieldEntries } from '../wasi/http/field-entries.ts';
import { Wakers } from '../wasi/io/readiness.ts';
import { CLOSED, failed, type StreamError } from '../wasi/io/stream-error.ts';

/** A client that stopped in the middle of its request. */
const BROKEN_OFF: ErrorCode = Object.freeze({ tag: 'connection-terminated' });

const NO_BYTES = new Uint8Array(0);

/** How long a client may go on sending what nobody reads, once it has its reply. Source: nginx's `lingering_time`. */
const LINGER_MS = 30_000;

/**
 * The body of a request on a socket of ours. Nothing is read from the socket, and no `100 Continue` sent,
 * before the guest asks; what Node has buffered and the guest has not taken keeps the socket from reading on.
 */
export class NodeBody implements BodySource {
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  readonly #wakers = new Wakers();
  readonly #wake = (): void => this.#wakers.wake();
  readonly #arrived = (): void => {
    // The end arrives like bytes, as `readable`; Node makes it `end` only for those who read on.
    if (this.#incoming.readableLength === 0) this.#incoming.read(0);
    this.#wake();
  };
  #state: 'untouched' | 'reading' | 'discarding' = 'untouched';
  #rest: Uint8Array = NO_BYTES;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    // Node drops a body that nobody has asked for when the reply is out; a guest may read on after it.
    incoming.read(0);
  }

  read(maxBytes: number): Uint8Array | StreamError {
    this.#begin();
    if (this.#rest.byteLength === 0) this.#rest = (this.#incoming.read() as Buffer | null) ?? NO_BYTES;
    if (this.#rest.byteLength === 0) return this.#end() ?? NO_BYTES;
    const bytes = this.#rest.subarray(0, maxBytes);
    this.#rest = this.#rest.subarray(bytes.byteLength);
    return bytes;
  }

  isReady(): boolean {
    this.#begin();
    return this.#rest.byteLength > 0 || this.#incoming.readableLength > 0 || this.#end() !== undefined;
  }

  onReady(wake: () => void): () => void {
    return this.#wakers.add(wake);
  }

  discard(): void {
    this.#begin();
    if (this.#state === 'discarding') return;
    this.#state = 'discarding';
    this.#rest = NO_BYTES;
    this.#incoming.off('readable', this.#arrived);
    this.#incoming.resume();
  }

  trailers(): Result<FieldEntries | undefined, ErrorCode> | undefined {
    const end = this.#end();
    if (end === undefined) return undefined;
    return end === CLOSED ? ok(toEntries(this.#incoming.rawTrailers)) : err(BROKEN_OFF);
  }

  /** The connection waits until the exchange is over. */
  [Symbol.dispose](): void {
    this.#rest = NO_BYTES;
  }

  /**
   * The exchange is over: what the client still sends is read and dropped, so that it gets its reply and may send its next request.
   * One that takes too long over it loses the connection.
   */
  drain(): void {
    const incoming = this.#incoming;
    if (this.#end() !== undefined) return;
    this.discard();
    afterClose(this.#outgoing, () => {
      if (this.#end() !== undefined) return;
      const timer = setTimeout(() => incoming.destroy(), LINGER_MS);
      incoming.once('close', () => clearTimeout(timer));
    });
  }

  #begin(): void {
    if (this.#state !== 'untouched') return;
    this.#state = 'reading';
    const incoming = this.#incoming;
    for (const event of ['end', 'error', 'close']) incoming.on(event, this.#wake);
    incoming.on('readable', this.#arrived);
    if (expectsContinue(incoming)) this.#sendContinue();
  }

  /** Not before the replies to earlier requests are out: Node would put it behind the head of its own. */
  #sendContinue(): void {
    const outgoing = this.#outgoing;
    if (outgoing.socket === null) outgoing.once('socket', () => this.#sendContinue());
    else if (!outgoing.headersSent) outgoing.writeContinue();
  }

  #end(): StreamError | undefined {
    if (this.#incoming.readableEnded) return CLOSED;
    if (!this.#incoming.destroyed) return undefined;
    return failed('the client broke off its request', BROKEN_OFF);
  }
}

function afterClose(outgoing: ServerResponse, then: () => void): void {
  if (outgoing.closed) then();
  else outgoing.once('close', then);
}

/** Whether the client waits for `100 Continue` before it sends its body. Source: RFC 9110, 10.1.1. */
function expectsContinue(incoming: IncomingMessage): boolean {
  return incoming.httpVersion === '1.1' && incoming.headers.expect?.toLowerCase() === '100-continue';
}

/** Node's flat list of names and values as entries; `undefined` where it is empty. */
function toEntries(raw: readonly string[]): FieldEntries | undefined {
  return raw.length === 0 ? undefined : pairUp(raw);
}

/** Node's flat list of names and values, names in lower case, order and duplicates kept. */
export function pairUp(raw: readonly string[]): (readonly [string, string])[] {
  const entries: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    entries.push([(raw[index] as string).toLowerCase(), raw[index + 1] as string]);
  }
  return entries;
}
