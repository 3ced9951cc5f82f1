import type { BlobWriter } from '../blob-store.ts';
import type { S3Connection } from './s3-connection.ts';
import { formatParts, elementText } from './s3-page.ts';

/** A larger object is sent in parts of this size, of which there may be 10,000. Source: Amazon S3, "Multipart upload limits" (at least 5 MiB). */
const PART_BYTES = 8 * 1024 * 1024;

/** An object that the server gets in one request, or in parts that become an object together. */
export class S3Writer implements BlobWriter {
  readonly #connection: S3Connection;
  readonly #key: string;
  readonly #end = new AbortController();
  readonly #etags: string[] = [];
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  /** Of the parts that are being sent, or wait for the rest. */
  #uploadId: string | undefined;

  constructor(connection: S3Connection, key: string) {
    this.#connection = connection;
    this.#key = key;
  }

  get heldBytes(): number {
    return this.#pieceBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(bytes);
    this.#pieceBytes += bytes.byteLength;
    if (this.#pieceBytes >= PART_BYTES) await this.#sendPart();
  }

  async finish(): Promise<void> {
    if (this.#uploadId === undefined) {
      await this.#ask({ method: 'PUT', body: this.#pieces });
      return;
    }
    if (this.#pieceBytes > 0) await this.#sendPart();
    const body = [Buffer.from(formatParts(this.#etags))];
    await this.#ask({ method: 'POST', query: { uploadId: this.#uploadId }, body });
    this.#uploadId = undefined;
  }

  /** Parts that have become no object are deleted; if the server cannot be reached for it, its own rules have to do that. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    const uploadId = this.#uploadId;
    if (uploadId === undefined) return;
    this.#uploadId = undefined;
    const signal = AbortSignal.timeout(this.#connection.timeoutMs);
    await this.#connection
      .text({ method: 'DELETE', key: this.#key, query: { uploadId }, signal })
      .catch(() => undefined);
  }

  async #sendPart(): Promise<void> {
    this.#uploadId ??= await this.#begin();
    const query = { partNumber: String(this.#etags.length + 1), uploadId: this.#uploadId };
    const { headers } = await this.#ask({ method: 'PUT', query, body: this.#pieces });
    if (headers.etag === undefined) throw new Error('the server has given a part no etag');
    this.#etags.push(headers.etag);
    this.#pieces = [];
    this.#pieceBytes = 0;
  }

  async #begin(): Promise<string> {
    const { text } = await this.#ask({ method: 'POST', query: { uploads: '' } });
    const uploadId = elementText(text, 'UploadId');
    if (uploadId === undefined) throw new Error('the server has given an upload no id');
    return uploadId;
  }

  #ask(request: Omit<Parameters<S3Connection['text']>[0], 'key' | 'signal'>): ReturnType<S3Connection['text']> {
    return this.#connection.text({ ...request, key: this.#key, signal: this.#end.signal });
  }
}
