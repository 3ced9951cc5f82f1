import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import type { LinkedPre } from '../linker/link.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';
import { type Image, hasGrownTables, restoreImage } from './image.ts';
import { Spares } from './spares.ts';
import type { InstanceStrategy } from './strategy.ts';

/**
 * How many pages each memory can grow without its instance being discarded: 64 MiB, because few requests need more.
 *
 * V8 never takes pages back, and a guest that reads beyond its reported size can detect whether pages exist. So they exist from the first request on,
 * and an instance that has grown beyond them is not reused. They are only address space, neither charged nor resident: a store beyond the reported
 * size traps.
 */
export const ROOM_PAGES = 1024;

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
  /** Makes a restored instance ready for a request. */
  readonly reuse: (instance: Instance, ctx: WasiCtx) => void;
  /** An instance that is ready for the first request. */
  readonly warm?: Restorable | undefined;
}

/** Instances are reused, and all state that a request can see is restored between requests, to that of an image. */
export function createRestoringStrategy(
  pre: LinkedPre<WasiCtx>,
  { name, create, reuse, warm }: Restoring,
): InstanceStrategy {
  const spares = new Spares(pre);
  const images = new WeakMap<object, Image>();
  const remember = ({ instance, image }: Restorable): Instance => {
    images.set(instance, image);
    return instance;
  };
  if (warm !== undefined) spares.add(remember(warm));
  return {
    name,
    kept: spares,
    take: (ctx) => {
      const spare = spares.take();
      if (spare === undefined) return remember(create(ctx));
      reuse(spare, ctx);
      return spare;
    },
    giveBack: (given, state) => {
      const instance = given as Instance;
      const image = images.get(instance);
      if (state === 'tainted' || image === undefined || !instance.isIdle) {
        instance.abandon();
        return;
      }
      instance.rest();
      const hasGrown = instance.hasGrownMemories || hasGrownTables(instance, image);
      if (hasGrown || !spares.hasRoomFor(instance.byteLength)) {
        instance.release();
        return;
      }
      restoreImage(instance, image);
      spares.add(instance);
    },
    [Symbol.dispose]: () => spares[Symbol.dispose](),
  };
}
