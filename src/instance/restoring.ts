import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import type { LinkedPre } from '../linker/link.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';
import { type Image, hasGrownTables, restoreImage } from './image.ts';
import { HostError } from '../util/host-error.ts';
import { toError } from '../util/to-error.ts';
import { Spares } from './spares.ts';
import { StartAhead, type StartAheadOptions } from './start-ahead.ts';
import type { BeforeRequests, InstanceState, InstanceStrategy, Started } from './strategy.ts';

/**
 * How many pages each memory can grow without its instance being discarded: 64 MiB, because few requests need more.
 *
 * V8 never takes pages back, and a guest that reads beyond its reported size can detect whether pages exist. So they exist from the first request on,
 * and an instance that has grown beyond them is not reused. They are only address space, neither charged nor resident: a store beyond the reported
 * size traps.
 */
export const ROOM_PAGES = 1024;

/** How long to wait before an instance is made for one that is gone, and after memory ran low, or an instance could not be made. */
const REFILL_MS = 100;
const REFILL_AFTER_SHORTAGE_MS = 30_000;

/** How long the start of an instance may take that is made before its request. */
const MAX_START_MS = 30_000;

type Instance = LinkedInstance<WasiCtx>;

/** An instance, and the state to which it is restored between requests. */
export interface Restorable {
  readonly instance: Instance;
  readonly image: Image;
}

/** How a strategy that restores instances gets them. */
interface Restoring {
  readonly name: InstanceStrategy['name'];
  /** A new instance for a request. */
  readonly create: (ctx: WasiCtx) => Restorable;
  /** How restored instances start, if they have to for each request. */
  readonly startAhead?: Omit<StartAheadOptions, 'abandon' | 'quotas'>;
  /** An instance that is ready for the first request. */
  readonly warm?: Restorable | undefined;
}

/** Instances are reused, and all state that a request can see is restored between requests, to that of an image. */
export function createRestoringStrategy(pre: LinkedPre<WasiCtx>, restoring: Restoring): InstanceStrategy {
  return new RestoringStrategy(pre, restoring);
}

class RestoringStrategy implements InstanceStrategy {
  readonly name: InstanceStrategy['name'];
  readonly kept: Spares;
  readonly #create: Restoring['create'];
  readonly #ahead: StartAhead | undefined;
  readonly #images = new WeakMap<object, Image>();
  #before: BeforeRequests | undefined;
  /** How many instances there are, in use or not. */
  #count = 0;
  #refilling: NodeJS.Timeout | undefined;

  constructor(pre: LinkedPre<WasiCtx>, { name, create, startAhead, warm }: Restoring) {
    this.name = name;
    this.#create = create;
    this.kept = new Spares(pre, {
      onRelease: (instance) => {
        this.#ahead?.forget(instance);
        this.#lose(REFILL_AFTER_SHORTAGE_MS);
      },
    });
    const abandon = (instance: Instance): void => this.#abandon(instance);
    const quotas = [pre.memory, pre.heap].filter((quota) => quota !== undefined);
    this.#ahead = startAhead && new StartAhead(this.kept, { ...startAhead, abandon, quotas });
    if (warm !== undefined) this.kept.add(this.#remember(warm));
  }

  prepare(before: BeforeRequests): void {
    const { minSpares } = before;
    this.#before = before;
    this.kept.min = Math.max(this.kept.min, minSpares);
    while (this.#count < minSpares) {
      const made = this.#makeSpare(before);
      if (made !== 'kept') throw toSparesError(made, minSpares, this.#count);
    }
    this.#ahead?.begin(before);
  }

  takeStarted(): Started | undefined {
    return this.#ahead?.take();
  }

  take(ctx: WasiCtx): Instance {
    const spare = this.kept.take();
    const isStarted = spare !== undefined && this.#ahead?.forget(spare) === true;
    if (spare === undefined || (isStarted && !this.#restore(spare))) return this.#remember(this.#create(ctx));
    try {
      this.#ahead?.run(spare, ctx);
      return spare;
    } catch (error) {
      this.#abandon(spare);
      throw error;
    }
  }

  giveBack(given: Parameters<InstanceStrategy['giveBack']>[0], state: InstanceState): void {
    const instance = given as Instance;
    if (state === 'tainted' || !this.#images.has(instance) || !instance.isIdle) {
      this.#abandon(instance);
      return;
    }
    instance.rest();
    if (!this.#restore(instance)) return;
    this.kept.add(instance);
    this.#ahead?.schedule();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#refilling);
    this.#before = undefined;
    this.#ahead?.[Symbol.dispose]();
    this.kept[Symbol.dispose]();
  }

  /** Restores an instance to its image, if it can be kept; otherwise releases it. Returns whether it was restored. */
  #restore(instance: Instance): boolean {
    const image = this.#images.get(instance) as Image;
    const hasGrown = instance.hasGrownMemories || hasGrownTables(instance, image);
    if (hasGrown || !this.kept.hasRoomFor(instance.byteLength)) {
      instance.release();
      this.#lose(REFILL_MS);
      return false;
    }
    restoreImage(instance, image);
    return true;
  }

  #remember({ instance, image }: Restorable): Instance {
    this.#images.set(instance, image);
    this.#count += 1;
    return instance;
  }

  #abandon(instance: Instance): void {
    instance.abandon();
    this.#lose(REFILL_MS);
  }

  /** An instance is gone. */
  #lose(refillMs: number): void {
    this.#count -= 1;
    this.#refillIn(refillMs);
  }

  #refillIn(delayMs: number): void {
    if (this.#before === undefined || this.#count >= this.#before.minSpares) return;
    this.#refilling ??= setTimeout(() => {
      this.#refilling = undefined;
      if (this.#before === undefined) return;
      this.#refillIn(this.#makeSpare(this.#before) === 'kept' ? REFILL_MS : REFILL_AFTER_SHORTAGE_MS);
    }, delayMs).unref();
  }

  /** Makes an instance that is kept. A start that fails is for a request to find out. */
  #makeSpare({ createCtx, discardCtx }: BeforeRequests): Made {
    // What starts again for each request has no effects before there is one.
    const ctx = createCtx(MAX_START_MS, this.#ahead === undefined ? 'kept' : 'undone');
    if (ctx === undefined) return 'no-room';
    try {
      const instance = this.#remember(this.#create(ctx));
      if (!this.#restore(instance)) return NOT_KEPT;
      this.kept.add(instance);
      return 'kept';
    } catch (thrown) {
      return whyNotMade(ctx, thrown);
    } finally {
      ctx.cpu.end(performance.now());
      discardCtx(ctx);
    }
  }
}

/** What became of an instance that was to be made: whether it is kept, or why there is none. */
type Made = 'kept' | 'no-room' | { readonly obstacle: string };

const NOT_KEPT: Made = {
  obstacle: 'no instance is used again, because the start lets a memory or a table grow too far',
};

function whyNotMade(ctx: WasiCtx, thrown: unknown): Made {
  if (thrown instanceof HostError) return 'no-room';
  return { obstacle: `the start of an instance fails: ${toError(ctx.cancellation.trap ?? thrown).message}` };
}

/** Why there are only `count` spares of the `minSpares` that were asked for. */
function toSparesError(made: Exclude<Made, 'kept'>, minSpares: number, count: number): HostError {
  const asked = `minSpares ${minSpares} (--min-spares)`;
  if (made !== 'no-room') return new HostError('not-supported', `${asked}: ${made.obstacle}`);
  const fitting = `${count} of these instances ${count === 1 ? 'fits' : 'fit'} into what all may take`;
  return new HostError('bad-argument', `${asked} is too much: ${fitting}`);
}
