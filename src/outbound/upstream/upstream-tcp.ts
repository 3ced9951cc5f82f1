import { Socket } from 'node:net';

type Written = (error?: Error | null) => void;

/**
 * A TCP connection that is read to its end even after it can no longer be written to. If an upstream answers and closes before it has read everything,
 * the next write fails while the answer is still unread, and Node would discard it.
 *
 * The kernel reports a reset only once. If a write got the report, reading ends as if the upstream had closed its side.
 */
export class UpstreamTcp extends Socket {
  #isGone = false;
  #isReset = false;

  /** Whether a write got the report of a reset: then the end of what is read does not mean a clean close. */
  get isReset(): boolean {
    return this.#isReset;
  }

  /** Whether what is written is discarded, since the upstream does not read any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  override _write(chunk: unknown, encoding: BufferEncoding, written: Written): void {
    if (this.#isGone) written();
    else super._write(chunk, encoding, this.#tolerate(written));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], written: Written): void {
    if (this.#isGone) written();
    else super._writev?.(chunks, this.#tolerate(written));
  }

  #tolerate(written: Written): Written {
    return (error: NodeJS.ErrnoException | null | undefined) => {
      this.#isReset = error?.code === 'ECONNRESET';
      // Linux reports EPIPE for a reset that comes after the upstream has closed its side.
      this.#isGone = this.#isReset || error?.code === 'EPIPE';
      written(this.#isGone ? null : error);
    };
  }
}
