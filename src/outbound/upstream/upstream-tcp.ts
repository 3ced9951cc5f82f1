import { Socket } from 'node:net';

type Written = (error?: Error | null) => void;

/**
 * A TCP connection that is read to its end, though it cannot be written to any more: an upstream that answers before it has read all, and closes, has
 * its answer lie unread when the next write fails, upon which Node would throw it away.
 *
 * The kernel tells of a reset once. If a write learned of it, what is read ends as if the upstream had closed its side.
 */
export class UpstreamTcp extends Socket {
  #isGone = false;
  #isReset = false;

  /** Whether a write has learned that the upstream reset the connection: then the end of what is read says nothing. */
  get isReset(): boolean {
    return this.#isReset;
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
      // Linux says EPIPE of a reset that comes after the upstream had closed its side.
      this.#isGone = this.#isReset || error?.code === 'EPIPE';
      written(this.#isGone ? null : error);
    };
  }
}
