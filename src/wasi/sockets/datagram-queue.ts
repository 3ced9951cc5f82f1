import { type Readiness, Wakers } from '../../io/readiness.ts';
import type { HeldBytes } from '../../util/held-bytes.ts';
import type { SocketEndpoint } from './socket-address.ts';
import type { SocketErrorCode } from './socket-error.ts';

/** What waits for the guest; more is dropped, as the kernel does when its buffer is full. */
const MAX_QUEUED_BYTES = 256 * 1024;

/** The memory of a datagram besides its bytes. */
const DATAGRAM_OVERHEAD_BYTES = 256;

/** A datagram that has arrived. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly remote: SocketEndpoint;
}

/** The datagrams that a socket has received and its guest has not taken. Node cannot stop receiving, so what is too much is dropped. They count as held by the request. */
export class DatagramQueue implements Readiness, Disposable {
  readonly #held: HeldBytes;
  readonly #wakers = new Wakers();
  readonly #datagrams: Datagram[] = [];
  #queuedBytes = 0;
  #failure: SocketErrorCode | undefined;
  #isWaking = false;

  constructor(held: HeldBytes) {
    this.#held = held;
  }

  push(datagram: Datagram): void {
    const bytes = heldBytesOf(datagram);
    if (this.#queuedBytes + bytes > MAX_QUEUED_BYTES || !this.#held.tryTake(bytes)) return;
    this.#queuedBytes += bytes;
    this.#datagrams.push(datagram);
    this.#wakeSoon();
  }

  /** The next `take` without a datagram fails, once. */
  fail(code: SocketErrorCode): void {
    this.#failure = code;
    this.#wakeSoon();
  }

  takeFailure(): SocketErrorCode | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /** The oldest one. */
  take(): Datagram | undefined {
    const datagram = this.#datagrams.shift();
    if (datagram !== undefined) this.#giveBack(heldBytesOf(datagram));
    return datagram;
  }

  isReady(): boolean {
    return this.#datagrams.length > 0 || this.#failure !== undefined;
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  [Symbol.dispose](): void {
    this.#datagrams.length = 0;
    this.#giveBack(this.#queuedBytes);
  }

  #giveBack(bytes: number): void {
    this.#queuedBytes -= bytes;
    this.#held.giveBack(bytes);
  }

  /** After all that Node reads in this turn, so that a guest takes several together. */
  #wakeSoon(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    setImmediate(() => {
      this.#isWaking = false;
      this.#wakers.wake();
    });
  }
}

function heldBytesOf({ bytes }: Datagram): number {
  return bytes.byteLength + DATAGRAM_OVERHEAD_BYTES;
}
