import { write } from 'node:fs';
import type { ByteSink } from '../../io/byte-sink.ts';
import { Wakers } from '../../io/readiness.ts';
import { type StreamError, failed } from '../../io/stream-error.ts';

/** How much of what the guest has written may wait for the reader, in bytes. */
const MAX_PENDING_BYTES = 64 * 1024;

/** How long to wait before a descriptor that is full is tried again. */
const RETRY_MS = 5;

interface Piece {
  readonly fd: number;
  bytes: Uint8Array;
}

/**
 * Writes bytes to descriptors of this process as they are, one piece after the other: if several show on one terminal, all is in the order in which it was
 * written. The guest waits while a reader is slow.
 */
export class DescriptorWriter {
  readonly #wakers = new Wakers();
  readonly #pieces: Piece[] = [];
  readonly #whenWritten = new Set<() => void>();
  /** Called when the reader of a descriptor is gone. */
  readonly #onGone: () => void;
  #pendingBytes = 0;
  /** Since a flush, until all is written. */
  #isFlushing = false;
  #isWriting = false;
  readonly #failures = new Map<number, StreamError>();

  constructor(onGone: () => void) {
    this.#onGone = onGone;
  }

  /** The sink for one descriptor. */
  sinkOf(fd: number): ByteSink {
    const budget = (): number | StreamError => this.#failures.get(fd) ?? this.#budget;
    return {
      ...this.#wakers.toReadiness(() => budget() !== 0),
      budget,
      write: (bytes) => this.#add({ fd, bytes }),
      flush: () => {
        this.#isFlushing = this.#pieces.length > 0;
        return this.#failures.get(fd);
      },
    };
  }

  /** Resolves when all is written, or cannot be. */
  written(): Promise<void> {
    if (this.#pieces.length === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#whenWritten.add(resolve));
  }

  get #budget(): number {
    return this.#isFlushing ? 0 : MAX_PENDING_BYTES - this.#pendingBytes;
  }

  #add(piece: Piece): StreamError | undefined {
    const failure = this.#failures.get(piece.fd);
    if (failure !== undefined || piece.bytes.byteLength === 0) return failure;
    this.#pendingBytes += piece.bytes.byteLength;
    this.#pieces.push(piece);
    if (!this.#isWriting) this.#writeNext();
    return undefined;
  }

  #writeNext(): void {
    const [piece] = this.#pieces;
    this.#isWriting = piece !== undefined;
    if (piece === undefined) this.#settle();
    else write(piece.fd, piece.bytes, (error, count) => this.#wrote(piece, error, count));
  }

  #wrote(piece: Piece, error: NodeJS.ErrnoException | null, count: number): void {
    if (error?.code === 'EAGAIN' || error?.code === 'EINTR') {
      setTimeout(() => this.#writeNext(), RETRY_MS);
      return;
    }
    if (error !== null) this.#fail(piece.fd, error);
    else {
      piece.bytes = piece.bytes.subarray(count);
      this.#pendingBytes -= count;
      if (piece.bytes.byteLength === 0) this.#pieces.shift();
    }
    if (!this.#isFlushing) this.#wakers.wake();
    this.#writeNext();
  }

  /** Nothing more can be written to the descriptor. */
  #fail(fd: number, error: NodeJS.ErrnoException): void {
    this.#failures.set(fd, failed(error.message));
    const left = this.#pieces.filter((piece) => piece.fd !== fd);
    this.#pieces.splice(0, Infinity, ...left);
    this.#pendingBytes = left.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    if (error.code === 'EPIPE') this.#onGone();
  }

  #settle(): void {
    this.#isFlushing = false;
    this.#wakers.wake();
    for (const resolve of this.#whenWritten) resolve();
    this.#whenWritten.clear();
  }
}
