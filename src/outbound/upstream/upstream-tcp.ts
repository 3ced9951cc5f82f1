import { Socket } from 'node:net';

type Written = (error?: Error | null) => void;

/**
 * A TCP connection that is read to its end, though it cannot be written to any more: an upstream that answers before it has read all, and closes, has
 * its answer lie unread when the next write fails, upon which Node would throw it away. Why the connection ended is told by what is read.
 */
export class UpstreamTcp extends Socket {
  #isGone = false;

  override _write(chunk: unknown, encoding: BufferEncoding, written: Written): void {
    if (this.#isGone) written();
    else super._write(chunk, encoding, this.#tolerate(written));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], written: Written): void {
    if (this.#isGone) written();
    else super._writev?.(chunks, this.#tolerate(written));
  }

  #tolerate(written: Written): Written {
    return (error) => {
      this.#isGone = error !== undefined && error !== null && isGone(error);
      written(this.#isGone ? null : error);
    };
  }
}

function isGone(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'ECONNRESET';
}
