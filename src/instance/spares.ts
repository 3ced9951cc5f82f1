import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import type { SharedQuota } from '../util/shared-quota.ts';
import type { WasiCtx } from '../wasi/context.ts';

type Spare = LinkedInstance<WasiCtx>;

/** How many instances wait for requests at most, and how much their memories hold; one may hold more. */
const MAX_SPARES = 256;
const MAX_SPARE_BYTES = 1024 * 1024 * 1024;

/** How long a spare waits in vain at least, and at most twice. */
const IDLE_MS = 5000;

/** What instances hold of. */
interface Quotas {
  readonly memory?: SharedQuota | undefined;
  readonly heap?: SharedQuota | undefined;
}

/**
 * Instances that wait for their next request: few, not large, and not for long.
 *
 * The one used last is used first, so that those which a lull leaves over are at the bottom. All but one of them are let go of.
 */
export class Spares implements Disposable {
  readonly #idleMs: number;
  readonly #stopListening: readonly (() => void)[];
  readonly #spares: { readonly instance: Spare; readonly byteLength: number }[] = [];
  #byteLength = 0;
  /** The fewest that there were since the last sweep: so many were not needed. */
  #unused = 0;
  #sweeping: NodeJS.Timeout | undefined;
  #isDisposed = false;

  /** All but one are let go of too where memory or heap are short. */
  constructor({ memory, heap }: Quotas = {}, idleMs = IDLE_MS) {
    this.#idleMs = idleMs;
    const letGo = (): boolean => this.#letGoOf(this.#spares.length - 1);
    this.#stopListening = [memory, heap].flatMap((quota) => quota?.onLowMemory(letGo) ?? []);
  }

  /** How many there are. */
  get size(): number {
    return this.#spares.length;
  }

  /** What their memories hold. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Whether there is room for an instance whose memories hold `byteLength`. */
  hasRoomFor(byteLength: number): boolean {
    if (this.#isDisposed) return false;
    if (this.#spares.length === 0) return true;
    return this.#spares.length < MAX_SPARES && this.#byteLength + byteLength <= MAX_SPARE_BYTES;
  }

  /** The instance that was added last, which is no spare any more. */
  take(): Spare | undefined {
    const spare = this.#spares.pop();
    if (spare === undefined) return undefined;
    this.#byteLength -= spare.byteLength;
    this.#unused = Math.min(this.#unused, this.#spares.length);
    return spare.instance;
  }

  /** Keeps an instance on which no request has left anything. */
  add(instance: Spare): void {
    const { byteLength } = instance;
    this.#spares.push({ instance, byteLength });
    this.#byteLength += byteLength;
    if (this.#spares.length > 1) this.#sweeping ??= setInterval(() => this.#sweep(), this.#idleMs).unref();
  }

  /** Lets go of all, and has no room for any from now on. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#letGoOf(this.#spares.length);
    this.#stopSweeping();
    for (const stop of this.#stopListening) stop();
  }

  #sweep(): void {
    this.#letGoOf(Math.min(this.#unused, this.#spares.length - 1));
    this.#unused = this.#spares.length;
    if (this.#spares.length <= 1) this.#stopSweeping();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
    this.#unused = 0;
  }

  /** Says whether that is any. */
  #letGoOf(count: number): boolean {
    for (const { instance, byteLength } of this.#spares.splice(0, Math.max(0, count))) {
      this.#byteLength -= byteLength;
      instance.release();
    }
    return count > 0;
  }
}
