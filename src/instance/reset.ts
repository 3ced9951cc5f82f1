import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import type { LinkedPre } from '../linker/link.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';
import { type Image, captureImage, hasGrownTables, restoreImage } from './image.ts';
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

/**
 * Instances are reused, and all state that a request can see is restored between requests.
 *
 * `warm` is an instance that has started and done nothing else: it serves the first request.
 */
export function createResetStrategy(pre: LinkedPre<WasiCtx>, warm?: LinkedInstance<WasiCtx>): InstanceStrategy {
  const spares = new Spares(pre);
  const images = new WeakMap<object, Image>();
  /** Instances that started with the same state share its bytes. */
  let first: Image | undefined;
  const capture = (instance: LinkedInstance<WasiCtx>): LinkedInstance<WasiCtx> => {
    const image = captureImage(instance, first);
    first ??= image;
    images.set(instance, image);
    instance.makeRoom(ROOM_PAGES);
    return instance;
  };
  if (warm !== undefined) spares.add(capture(warm));
  return {
    name: 'reset',
    kept: spares,
    take: (ctx) => spares.take() ?? capture(pre.instantiate(ctx)),
    giveBack: (given, state) => {
      const instance = given as LinkedInstance<WasiCtx>;
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
