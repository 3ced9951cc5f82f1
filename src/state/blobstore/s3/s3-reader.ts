import type { IncomingMessage } from 'node:http';
import { BlobError, type BlobReader, type ByteRange } from '../blob-store.ts';
import { type S3Connection, S3Refusal, readPiece } from './s3-connection.ts';

/** Beyond the end of any object; servers may not take larger numbers. */
const MAX_OFFSET = BigInt(Number.MAX_SAFE_INTEGER);

/** An answer whose body is being read. */
interface Body {
  readonly answer: IncomingMessage;
  readonly pieces: AsyncIterator<Uint8Array>;
}

/** The body of an object as it was when it was asked for. If the connection is lost, it is asked for the rest of that very object. */
export class S3Reader implements BlobReader {
  readonly byteLength: number;
  readonly #connection: S3Connection;
  readonly #key: string;
  readonly #etag: string | undefined;
  readonly #end = new AbortController();
  #body: Body | undefined;
  #rest: Uint8Array | undefined;
  #offset: number;
  #left: number;

  /** `undefined` if there is no such object. */
  static async open(
    connection: S3Connection,
    key: string,
    range: ByteRange,
    signal: AbortSignal,
  ): Promise<S3Reader | undefined> {
    try {
      const answer = await connection.open({ method: 'GET', key, headers: toHeaders(range), signal });
      if (range.start === 0n || answer.statusCode === 206) return new S3Reader({ connection, key, range, answer });
      answer.destroy();
      throw new Error('the server has ignored the range');
    } catch (error) {
      if (!(error instanceof S3Refusal)) throw error;
      if (error.status === 404) return undefined;
      if (error.status === 416) return new S3Reader({ connection, key, range });
      throw error;
    }
  }

  private constructor(opened: {
    readonly connection: S3Connection;
    readonly key: string;
    readonly range: ByteRange;
    /** Without one, there is nothing in the range. */
    readonly answer?: IncomingMessage;
  }) {
    const { connection, key, range, answer } = opened;
    this.#connection = connection;
    this.#key = key;
    this.#offset = Number(range.start);
    this.#etag = answer?.headers.etag;
    const given = Number(answer?.headers['content-length'] ?? 0);
    // Some servers give more than they are asked for.
    const wanted = range.end - range.start + 1n;
    this.#left = wanted < given ? Number(wanted) : given;
    this.byteLength = this.#left;
    if (answer !== undefined) this.#body = toBody(answer);
  }

  async read(maxBytes: number): Promise<Uint8Array | undefined> {
    if (this.#left === 0) return undefined;
    const piece = this.#rest ?? (await this.#next());
    const taken = piece.subarray(0, Math.min(maxBytes, this.#left));
    this.#rest = taken.byteLength < piece.byteLength ? piece.subarray(taken.byteLength) : undefined;
    this.#offset += taken.byteLength;
    this.#left -= taken.byteLength;
    return new Uint8Array(taken);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    this.#body?.answer.destroy();
  }

  /** Reads on, from a new answer if the old one breaks off. */
  async #next(): Promise<Uint8Array> {
    for (let isRetry = this.#body === undefined; ; isRetry = true) {
      const body = (this.#body ??= await this.#resume());
      try {
        const piece = await readPiece(body.pieces, body.answer, this.#connection.timeoutMs);
        if (piece !== undefined && piece.byteLength > 0) return piece;
        if (piece === undefined) throw new Error('the server has ended the body too soon');
      } catch (error) {
        body.answer.destroy();
        this.#body = undefined;
        if (isRetry || this.#end.signal.aborted || this.#etag === undefined) {
          throw new BlobError('the store cannot be reached', { cause: error });
        }
      }
    }
  }

  async #resume(): Promise<Body> {
    const last = this.#offset + this.#left - 1;
    try {
      const answer = await this.#connection.open({
        method: 'GET',
        key: this.#key,
        headers: { range: `bytes=${this.#offset}-${last}`, 'if-match': this.#etag ?? '' },
        signal: this.#end.signal,
      });
      if (answer.statusCode === 206 && answer.headers.etag === this.#etag) return toBody(answer);
      answer.destroy();
    } catch (error) {
      if (!(error instanceof S3Refusal) || (error.status !== 412 && error.status !== 404)) throw error;
    }
    throw new BlobError('the connection was lost, and the object has been replaced since');
  }
}

function toBody(answer: IncomingMessage): Body {
  return { answer, pieces: (answer as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]() };
}

/** The whole of an object is asked for without a range, which one that is empty does not have. */
function toHeaders({ start, end }: ByteRange): Readonly<Record<string, string>> {
  if (start === 0n && end >= MAX_OFFSET) return {};
  const first = start < MAX_OFFSET ? start : MAX_OFFSET;
  return { range: `bytes=${first}-${end < MAX_OFFSET ? end : ''}` };
}
