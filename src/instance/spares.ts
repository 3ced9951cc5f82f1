import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import type { SharedQuota } from '../util/shared-quota.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';

type Spare = LinkedInstance<WasiCtx>;

/** The most idle instances to keep, and the most that their memories may hold together; a single one may hold more. */
const MAX_SPARES = 256;
const MAX_SPARE_BYTES = 1024 * 1024 * 1024;

/** How often spares that were not needed are found. */
const SWEEP_MS = 5000;
/** For how many sweeps in a row a spare must not have been needed before it is released: three minutes. */
const LASTING_SWEEPS = 36;
/** What the spares that lasted through a lull may hold together: those beyond it are released by the first sweep that finds them unused. */
const MAX_LASTING_BYTES = 128 * 1024 * 1024;

/** The quotas that instances hold parts of. */
interface Quotas {
  readonly memory?: SharedQuota | undefined;
  readonly heap?: SharedQuota | undefined;
}

/** How long spares are kept. */
export interface SparesOptions {
  readonly sweepMs?: number;
  readonly maxLastingBytes?: number;
  /** Called with each spare before it is released. */
  readonly onRelease?: (spare: Spare) => void;
}

/**
 * Instances kept for their next request: what the last minutes needed, unless that is large.
 *
 * The most recently used is taken first, so those that a lull leaves unused are at the bottom. Those that have started for their next request are above all
 * others. All but `min` are released in the end.
 */
export class Spares implements Disposable {
  /** So many are kept however long they are not used. */
  min = 1;
  readonly #sweepMs: number;
  readonly #maxLastingBytes: number;
  readonly #onRelease: ((spare: Spare) => void) | undefined;
  readonly #stopListening: readonly (() => void)[];
  readonly #spares: { readonly instance: Spare; readonly byteLength: number }[] = [];
  #byteLength = 0;
  /** How many of them have started; these are at the end. */
  #started = 0;
  /** The smallest number of spares since the last sweep, and since the last one that released what was not needed for long: this many were not needed. */
  #unused = 0;
  #unusedForLong = 0;
  #sweeps = 0;
  #sweeping: NodeJS.Timeout | undefined;
  #isDisposed = false;

  /** All but one are also released when memory or heap run low. */
  constructor(
    { memory, heap }: Quotas = {},
    { sweepMs = SWEEP_MS, maxLastingBytes = MAX_LASTING_BYTES, onRelease }: SparesOptions = {},
  ) {
    this.#sweepMs = sweepMs;
    this.#maxLastingBytes = maxLastingBytes;
    this.#onRelease = onRelease;
    const releaseIdle = (): boolean => this.#release(this.#spares.length - 1);
    this.#stopListening = [memory, heap].flatMap((quota) => quota?.onLowMemory(releaseIdle) ?? []);
  }

  /** How many spares there are. */
  get size(): number {
    return this.#spares.length;
  }

  /** How many of them have started for their next request. */
  get started(): number {
    return this.#started;
  }

  /** The size of their memories. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Whether there is room for an instance with memories of `byteLength` bytes. */
  hasRoomFor(byteLength: number): boolean {
    if (this.#isDisposed) return false;
    if (this.#spares.length < this.min) return true;
    return this.#spares.length < MAX_SPARES && this.#byteLength + byteLength <= MAX_SPARE_BYTES;
  }

  /** Takes the instance that was added last: one that has started, if there is one. */
  take(): Spare | undefined {
    const spare = this.#spares.pop();
    if (spare === undefined) return undefined;
    this.#started = Math.max(0, this.#started - 1);
    this.#byteLength -= spare.byteLength;
    this.#unused = Math.min(this.#unused, this.#spares.length);
    return spare.instance;
  }

  /** Takes the last one that has not started. */
  takeUnstarted(): Spare | undefined {
    const at = this.#spares.length - this.#started - 1;
    const [spare] = at < 0 ? [] : this.#spares.splice(at, 1);
    this.#byteLength -= spare?.byteLength ?? 0;
    return spare?.instance;
  }

  /** Keeps an instance on which no request has left any state. */
  add(instance: Spare): void {
    this.#insert(instance, this.#spares.length - this.#started);
  }

  /** Keeps one that has started for its next request. */
  addStarted(instance: Spare): void {
    this.#insert(instance, this.#spares.length);
    this.#started += 1;
  }

  /** Releases all spares, and accepts no more. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#release(this.#spares.length);
    this.#stopSweeping();
    for (const stop of this.#stopListening) stop();
  }

  #insert(instance: Spare, at: number): void {
    const { byteLength } = instance;
    const spare = { instance, byteLength };
    if (at === this.#spares.length) this.#spares.push(spare);
    else this.#spares.splice(at, 0, spare);
    this.#byteLength += byteLength;
    if (this.#spares.length > this.min) this.#sweeping ??= setInterval(() => this.#sweep(), this.#sweepMs).unref();
  }

  #sweep(): void {
    this.#unusedForLong = this.#sweeps === 0 ? this.#unused : Math.min(this.#unusedForLong, this.#unused);
    this.#sweeps = (this.#sweeps + 1) % LASTING_SWEEPS;
    const surplus = Math.max(0, Math.min(this.#unused, this.#spares.length - this.min));
    const count = this.#sweeps === 0 ? Math.min(this.#unusedForLong, surplus) : this.#countBeyondLasting(surplus);
    this.#release(count);
    this.#unusedForLong = Math.max(0, this.#unusedForLong - count);
    this.#unused = this.#spares.length;
    if (this.#spares.length <= this.min) this.#stopSweeping();
  }

  /** How many of the `surplus` oldest spares there are beyond what may last through a lull. */
  #countBeyondLasting(surplus: number): number {
    let left = this.#byteLength;
    let count = 0;
    while (count < surplus && left > this.#maxLastingBytes) {
      left -= this.#spares[count]?.byteLength ?? 0;
      count += 1;
    }
    return count;
  }

  #stopSweeping(): void {
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
    this.#unused = 0;
    this.#sweeps = 0;
  }

  /** Releases `count` spares. Returns whether that is any. */
  #release(count: number): boolean {
    for (const { instance, byteLength } of this.#spares.splice(0, Math.max(0, count))) {
      this.#byteLength -= byteLength;
      this.#onRelease?.(instance);
      instance.release();
    }
    this.#started = Math.min(this.#started, this.#spares.length);
    return count > 0;
  }
}
