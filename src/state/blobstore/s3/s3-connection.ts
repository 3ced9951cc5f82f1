import type { ClientRequest, IncomingMessage } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Place } from '../../../config/kinds/blob-stores.ts';
import { toError } from '../../../util/to-error.ts';
import { BlobError, storeIsFull } from '../blob-store.ts';
import { elementText } from './s3-page.ts';

/** Who asks. Source: the AWS SDKs' environment variables. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** A request to the bucket. Doing it twice is as doing it once, so that it is repeated if the connection is lost. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Of an object; without it, the request is about the bucket. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: readonly Uint8Array[];
  /** Ends the request; once the head is there, whoever has the body ends it. */
  readonly signal: AbortSignal;
}

/** The server has refused a request. */
export class S3Refusal extends BlobError {
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, xml: string) {
    const code = elementText(xml, 'Code');
    const reason = `${status} ${code ?? ''}: ${elementText(xml, 'Message') ?? 'no message'}`;
    super('the store refused', { cause: new Error(reason) });
    this.status = status;
    this.code = code;
  }
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 50;
/** The server's own passing troubles. Source: Amazon S3, "Error responses". */
const PASSING: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/** Of an answer that is read whole. A page of a listing has some 500 KiB. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/** The way to a bucket: signs requests, repeats them, and keeps connections for the next ones. */
export class S3Connection implements Disposable {
  readonly #place: S3Place;
  readonly #credentials: S3Credentials;
  readonly #origin: string;
  readonly #http: typeof http | typeof https;
  readonly #agent: http.Agent;
  readonly #keys = new Map<string, ArrayBuffer>();

  constructor(place: S3Place, credentials: S3Credentials) {
    this.#place = place;
    this.#credentials = credentials;
    this.#origin = new URL(place.endpoint ?? `https://s3.${place.region}.amazonaws.com`).origin;
    this.#http = this.#origin.startsWith('https:') ? https : http;
    this.#agent = new this.#http.Agent({ keepAlive: true });
  }

  /** How long the server may keep silent. */
  get timeoutMs(): number {
    return this.#place.timeoutMs;
  }

  /** The bucket and a key, as `x-amz-copy-source` has them. */
  toCopySource(key: string): string {
    return `/${this.#place.bucket}/${toPath(key)}`;
  }

  /** The answer if it is a success; its body is the caller's to read or to destroy. Rejects with `BlobError`: `S3Refusal` if the server has refused. */
  async open(request: S3Request): Promise<IncomingMessage> {
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt === ATTEMPTS;
      const answer = await this.#ask(request).catch((error: unknown) => {
        if (isLast || request.signal.aborted) throw new BlobError('the store cannot be reached', { cause: error });
        return undefined;
      });
      const { statusCode = 0 } = answer ?? {};
      if (answer !== undefined && statusCode >= 200 && statusCode < 300) return answer;
      if (answer !== undefined && (isLast || !PASSING.has(statusCode))) throw await toRefusal(answer, this.timeoutMs);
      answer?.destroy();
      await sleep(FIRST_PAUSE_MS * 2 ** attempt, undefined, { signal: request.signal }).catch(() => undefined);
    }
  }

  /** As `open`, with the whole body as text. A success whose text tells of an error is none. */
  async text(request: S3Request): Promise<{ readonly headers: IncomingMessage['headers']; readonly text: string }> {
    const answer = await this.open(request);
    const text = await readText(answer, this.timeoutMs);
    if (text.includes('<Error>')) throw new S3Refusal(answer.statusCode ?? 0, text);
    return { headers: answer.headers, text };
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #ask({ method, key, query = {}, headers = {}, body = [], signal }: S3Request): Promise<IncomingMessage> {
    const { AwsV4Signer } = await import('aws4fetch');
    const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const path = `/${this.#place.bucket}${key === undefined ? '' : `/${toPath(key)}`}`;
    const { sessionToken, ...keys } = this.#credentials;
    const signer = new AwsV4Signer({
      ...keys,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      method,
      url: `${this.#origin}${path}${search.length === 0 ? '' : `?${search.join('&')}`}`,
      headers: { ...headers },
      service: 's3',
      region: this.#place.region,
      cache: this.#keys,
    });
    const signed = await signer.sign();
    signal.throwIfAborted();
    const byteLength = body.reduce((sum, piece) => sum + piece.byteLength, 0);
    const sent = this.#http.request(signed.url, {
      method,
      agent: this.#agent,
      headers: {
        ...Object.fromEntries(signed.headers),
        ...(method === 'GET' || method === 'HEAD' ? {} : { 'content-length': byteLength }),
      },
    });
    return await answerTo(sent, { body, signal, timeoutMs: this.timeoutMs });
  }
}

/** Sends the body and waits for the head. */
function answerTo(
  sent: ClientRequest,
  {
    body,
    signal,
    timeoutMs,
  }: { readonly body: readonly Uint8Array[]; readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const abort = (): void => void sent.destroy(toError(signal.reason));
  signal.addEventListener('abort', abort);
  // Of silence: bytes that are being sent count too.
  sent.setTimeout(timeoutMs, () => sent.destroy(silent(timeoutMs)));
  sent.on('error', reject);
  sent.on('close', () => signal.removeEventListener('abort', abort));
  sent.on('response', (answer) => {
    sent.setTimeout(0);
    signal.removeEventListener('abort', abort);
    // Whoever reads it gets the error too.
    answer.on('error', () => undefined);
    resolve(answer);
  });
  for (const piece of body) sent.write(piece);
  sent.end();
  return promise;
}

/** The next piece of an answer's body; `undefined` at its end. Rejects if the server keeps silent, or if the body breaks off. */
export async function readPiece(
  pieces: AsyncIterator<Uint8Array>,
  answer: IncomingMessage,
  timeoutMs: number,
): Promise<Uint8Array | undefined> {
  const timer = setTimeout(() => answer.destroy(silent(timeoutMs)), timeoutMs);
  try {
    const { done, value } = await pieces.next();
    return done === true ? undefined : value;
  } finally {
    clearTimeout(timer);
  }
}

async function readText(answer: IncomingMessage, timeoutMs: number): Promise<string> {
  const pieces = (answer as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let byteLength = 0;
  for (;;) {
    const piece = await readPiece(pieces, answer, timeoutMs).catch((error: unknown) => {
      throw new BlobError('the store cannot be reached', { cause: error });
    });
    if (piece === undefined) return Buffer.concat(read).toString();
    byteLength += piece.byteLength;
    if (byteLength > MAX_TEXT_BYTES) {
      answer.destroy();
      throw new Error(`the answer has more than ${MAX_TEXT_BYTES} bytes`);
    }
    read.push(piece);
  }
}

async function toRefusal(answer: IncomingMessage, timeoutMs: number): Promise<BlobError> {
  const refusal = new S3Refusal(answer.statusCode ?? 0, await readText(answer, timeoutMs));
  return refusal.status === 507 || refusal.code === 'XMinioStorageFull' ? storeIsFull(refusal.cause) : refusal;
}

/** Slashes stay. */
function toPath(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/');
}

function silent(timeoutMs: number): Error {
  return new Error(`the server has not answered for ${timeoutMs} ms`);
}
