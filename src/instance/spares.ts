import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import type { SharedQuota } from '../util/shared-quota.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';

type Spare = LinkedInstance<WasiCtx>;

/** The most idle instances to keep, and the most that their memories may hold together; a single one may hold more. */
const MAX_SPARES = 256;
const MAX_SPARE_BYTES = 1024 * 1024 * 1024;

/** An unused spare is kept for at least this long, and at most twice as long. */
const IDLE_MS = 5000;

/** The quotas that instances hold parts of. */
interface Quotas {
  readonly memory?: SharedQuota | undefined;
  readonly heap?: SharedQuota | undefined;
}

/**
 * Instances kept for their next request: few, not large, and not for long.
 *
 * The most recently used is taken first, so those that a lull leaves unused are at the bottom. All but one of them are released.
 */
export class Spares implements Disposable {
  readonly #idleMs: number;
  readonly #stopListening: readonly (() => void)[];
  readonly #spares: { readonly instance: Spare; readonly byteLength: number }[] = [];
  #byteLength = 0;
  /** The smallest number of spares since the last sweep: this many were not needed. */
  #unused = 0;
  #sweeping: NodeJS.Timeout | undefined;
  #isDisposed = false;

  /** All but one are also released when memory or heap run low. */
  constructor({ memory, heap }: Quotas = {}, idleMs = IDLE_MS) {
    this.#idleMs = idleMs;
    const releaseIdle = (): boolean => this.#release(this.#spares.length - 1);
    this.#stopListening = [memory, heap].flatMap((quota) => quota?.onLowMemory(releaseIdle) ?? []);
  }

  /** How many spares there are. */
  get size(): number {
    return this.#spares.length;
  }

  /** The size of their memories. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Whether there is room for an instance with memories of `byteLength` bytes. */
  hasRoomFor(byteLength: number): boolean {
    if (this.#isDisposed) return false;
    if (this.#spares.length === 0) return true;
    return this.#spares.length < MAX_SPARES && this.#byteLength + byteLength <= MAX_SPARE_BYTES;
  }

  /** Takes the instance that was added last. */
  take(): Spare | undefined {
    const spare = this.#spares.pop();
    if (spare === undefined) return undefined;
    this.#byteLength -= spare.byteLength;
    this.#unused = Math.min(this.#unused, this.#spares.length);
    return spare.instance;
  }

  /** Keeps an instance on which no request has left any state. */
  add(instance: Spare): void {
    const { byteLength } = instance;
    this.#spares.push({ instance, byteLength });
    this.#byteLength += byteLength;
    if (this.#spares.length > 1) this.#sweeping ??= setInterval(() => this.#sweep(), this.#idleMs).unref();
  }

  /** Releases all spares, and accepts no more. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#release(this.#spares.length);
    this.#stopSweeping();
    for (const stop of this.#stopListening) stop();
  }

  #sweep(): void {
    this.#release(Math.min(this.#unused, this.#spares.length - 1));
    this.#unused = this.#spares.length;
    if (this.#spares.length <= 1) this.#stopSweeping();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
    this.#unused = 0;
  }

  /** Releases `count` spares. Returns whether that is any. */
  #release(count: number): boolean {
    for (const { instance, byteLength } of this.#spares.splice(0, Math.max(0, count))) {
      this.#byteLength -= byteLength;
      instance.release();
    }
    return count > 0;
  }
}
