import { err, ok, type Result } from '../../util/result.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';
import type { ClientLimits } from '../../config/listener-options.ts';
import { type BodySource, EMPTY_BODY } from '../../http/body-source.ts';
import type { ErrorCode } from '../../http/error-code.ts';
import { bodyFailed } from '../../http/http-cause.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import { HOPS_FIELD } from '../../http/hops.ts';
import type { RequestHead } from '../../http/request-head.ts';
import { assertWireFields } from '../../http/assert-wire-fields.ts';
import { Latch, type Readiness, Wakers } from '../../io/readiness.ts';
import { CLOSED, type StreamError } from '../../io/stream-error.ts';
import { type Exchange, type ReplyHead, type ReplySink, contentLengthOf } from '../exchange.ts';
import type { Failure } from '../failure.ts';
import { bodyTooLarge, isBodyTooLarge, loopRefusal } from '../http1/refusal.ts';
import { Violation } from '../violation.ts';

/** An exchange that comes as a `Request` and is answered with a `Response`. Neither can carry trailers. */
export class FetchExchange implements Exchange {
  readonly head: RequestHead;
  readonly body: BodySource;
  readonly reply: FetchReply;
  readonly refusal: Failure | undefined;
  readonly isWhole: boolean;
  readonly isFirst = false;
  readonly violation = new Violation();

  constructor(request: Request, limits: ClientLimits, head = headOf(request)) {
    this.head = head;
    this.isWhole = request.body === null;
    this.body = request.body === null ? EMPTY_BODY : new StreamBody(request.body, limits, this.violation);
    this.reply = new FetchReply(request);
    this.refusal = refusalOf(request, limits);
  }

  /** Resolves when the head of the reply is there. */
  get response(): Promise<Response> {
    return this.reply.response;
  }

  get clientLeft(): Readiness {
    return this.reply.left;
  }

  [Symbol.dispose](): void {
    this.body[Symbol.dispose]();
  }
}

/** What a guest sees of a request's head. */
export function headOf(request: Request): RequestHead {
  const url = new URL(request.url);
  return {
    method: request.method,
    scheme: url.protocol === 'https:' ? 'HTTPS' : 'HTTP',
    authority: request.headers.get('host') ?? url.host,
    pathWithQuery: toPathWithQuery(request.url),
    fields: [...request.headers],
  };
}

function refusalOf({ headers }: Request, limits: ClientLimits): Failure | undefined {
  if (isBodyTooLarge(Number(headers.get('content-length') ?? 0), limits)) return bodyTooLarge(limits);
  return loopRefusal(headers.get(HOPS_FIELD));
}

/** What stands between authority and fragment, unchanged: a `URL` drops an empty query. */
function toPathWithQuery(url: string): string {
  const rest = /^[^:]+:\/\/[^/?#]*([^#]*)/.exec(url)?.[1] ?? '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

const BROKEN_OFF: ErrorCode = Object.freeze({ tag: 'connection-terminated' });

/** A web stream as a body. One chunk is read ahead, after the guest has asked for the first. */
class StreamBody implements BodySource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #wakers = new Wakers();
  readonly #limits: ClientLimits;
  readonly #violation: Violation;
  #state: 'idle' | 'reading' | 'discarding' | 'closed' | 'broken' = 'idle';
  #rest: Uint8Array = NO_BYTES;
  #receivedBytes = 0;
  #code = BROKEN_OFF;

  constructor(stream: ReadableStream<Uint8Array>, limits: ClientLimits, violation: Violation) {
    this.#violation = violation;
    this.#reader = stream.getReader();
    this.#limits = limits;
  }

  read(maxBytes: number): Uint8Array | StreamError {
    if (!this.isReady()) return NO_BYTES;
    if (this.#rest.byteLength === 0) return this.#end() ?? NO_BYTES;
    const bytes = this.#rest.subarray(0, maxBytes);
    this.#rest = this.#rest.subarray(bytes.byteLength);
    return bytes;
  }

  isReady(): boolean {
    const isReady = this.#rest.byteLength > 0 || this.#end() !== undefined;
    if (!isReady && this.#state === 'idle') this.#readAhead('reading');
    return isReady;
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  discard(): void {
    this.#rest = NO_BYTES;
    if (this.#state === 'reading') this.#state = 'discarding';
    if (this.#state === 'idle') this.#readAhead('discarding');
  }

  trailers(): Result<FieldEntries | undefined, ErrorCode> | undefined {
    if (this.#state === 'closed') return ok(undefined);
    return this.#state === 'broken' ? err(this.#code) : undefined;
  }

  [Symbol.dispose](): void {
    if (this.#end() !== undefined) return;
    this.#state = 'closed';
    void this.#reader.cancel().catch(() => undefined);
  }

  #end(): StreamError | undefined {
    if (this.#state === 'closed') return CLOSED;
    return this.#state === 'broken' ? bodyFailed('the request body broke off', this.#code) : undefined;
  }

  #readAhead(state: 'reading' | 'discarding'): void {
    this.#state = state;
    this.#reader
      .read()
      .then(({ done, value }) => (done ? this.#stop('closed') : this.#arrived(value)))
      .catch(() => this.#stop('broken'));
  }

  /** Takes a chunk, which may be anything that the maker of the `Request` put into the stream. */
  #arrived(chunk: unknown): void {
    if (!(chunk instanceof Uint8Array)) {
      void this.#reader.cancel().catch(() => undefined);
      return this.#stop('broken');
    }
    if (this.#state === 'discarding') return this.#readAhead('discarding');
    this.#receivedBytes += chunk.byteLength;
    if (isBodyTooLarge(this.#receivedBytes, this.#limits)) return this.#violate();
    if (this.#state === 'reading') this.#state = 'idle';
    this.#rest = chunk;
    this.#wakers.wake();
  }

  #violate(): void {
    void this.#reader.cancel().catch(() => undefined);
    this.#code = { tag: 'HTTP-request-body-size', val: BigInt(this.#receivedBytes) };
    this.#violation.set(bodyTooLarge(this.#limits));
    this.#stop('broken');
  }

  #stop(state: 'closed' | 'broken'): void {
    this.#state = state;
    this.#wakers.wake();
  }
}

class FetchReply implements ReplySink {
  readonly response: Promise<Response>;
  readonly left = new Latch();
  readonly #resolve: (response: Response) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #drained = new Wakers();
  /** Kept because its signal no longer fires when nobody holds the request. */
  readonly #request: Request;
  readonly #aborted = (): void => this.#leave(this.#request.signal.reason);
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #state: 'untouched' | 'started' | 'over' = 'untouched';

  constructor(request: Request) {
    const { signal } = request;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    this.response = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#request = request;
    signal.addEventListener('abort', this.#aborted);
    if (signal.aborted) this.#aborted();
  }

  get writable(): Readiness {
    return this.#drained.toReadiness(() => (this.#controller?.desiredSize ?? 1) > 0);
  }

  get isHeadSent(): boolean {
    return this.#state !== 'untouched';
  }

  whole(head: ReplyHead, body: Uint8Array): void {
    if (this.#state !== 'untouched') return;
    this.#resolve(toResponse(head, hasBody(head) ? (body as Uint8Array<ArrayBuffer>) : null));
    this.#over();
  }

  start(head: ReplyHead): void {
    if (this.#state !== 'untouched') return;
    this.#resolve(toResponse(head, hasBody(head) ? this.#createStream() : null));
    this.#state = 'started';
  }

  write(bytes: Uint8Array): void {
    if (bytes.byteLength > 0 && this.#state === 'started') this.#controller?.enqueue(bytes);
  }

  end(): void {
    if (this.#state !== 'started') return;
    this.#controller?.close();
    this.#over();
  }

  abort(): void {
    this.#breakOff(new Error('the reply was broken off'));
  }

  #createStream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#drained.wake(),
        cancel: (reason) => this.#leave(reason),
      },
      { highWaterMark: 1 },
    );
  }

  #leave(reason: unknown): void {
    if (this.#state === 'over') return;
    this.#breakOff(reason);
    this.left.open();
  }

  #breakOff(reason: unknown): void {
    if (this.#state === 'over') return;
    this.#reject(reason);
    this.#controller?.error(reason);
    this.#over();
  }

  #over(): void {
    this.#state = 'over';
    this.#request.signal.removeEventListener('abort', this.#aborted);
  }
}

/** Statuses with which `Response` takes no body. Source: Fetch, "null body status". */
const NULL_BODY_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);

function hasBody({ status, framing }: ReplyHead): boolean {
  return framing.by !== 'absence' && !NULL_BODY_STATUSES.has(status);
}

/** The length is set from the framing; and trailers that a `Response` cannot have must not be announced, which Node would refuse to send. */
const UNFIT_FIELDS: ReadonlySet<string> = new Set(['content-length', 'trailer']);

/** Statuses that `Response` cannot carry (above 599) become 502. */
function toResponse(head: ReplyHead, body: BodyInit | null): Response {
  const { status, fields, framing } = head;
  assertWireFields(fields);
  const headers = new Headers();
  for (const [name, value] of fields) if (!UNFIT_FIELDS.has(name)) headers.append(name, value);
  const byteLength = body !== null || framing.by !== 'length' ? contentLengthOf(head) : undefined;
  if (byteLength !== undefined) headers.set('content-length', byteLength);
  return new Response(body, { status: status > 599 ? 502 : status, headers });
}
