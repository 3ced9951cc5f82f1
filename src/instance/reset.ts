import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import type { LinkedPre } from '../linker/link.ts';
import type { WasiCtx } from '../wasi/context.ts';
import { type Image, captureImage, hasGrownTables, restoreImage } from './image.ts';
import { createNobody } from './nobody.ts';
import { Spares } from './spares.ts';
import type { InstanceStrategy } from './strategy.ts';

/**
 * Pages by which each memory can grow and its instance be kept: 64 MiB, since what one request needs beyond few others do.
 *
 * V8 takes no page back, and a guest that reads beyond the size that it is told can tell whether pages are there. So they are there from the
 * first request on, and an instance that has grown further serves no other. They are address space, neither charged nor resident:
 * a store beyond the size traps.
 */
export const ROOM_PAGES = 1024;

/**
 * Instances are kept, and every bit that a request can see is restored between requests.
 *
 * `warm` is an instance that has started and done nothing else: it serves the first request.
 */
export function createResetStrategy(pre: LinkedPre<WasiCtx>, warm?: LinkedInstance<WasiCtx>): InstanceStrategy {
  const spares = new Spares(pre);
  const nobody = createNobody();
  const images = new WeakMap<object, Image>();
  /** Instances that started alike share its bytes. */
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
    take: (ctx) => {
      const spare = spares.take();
      if (spare === undefined) return capture(pre.instantiate(ctx));
      spare.bind(ctx);
      return spare;
    },
    giveBack: (given, state) => {
      const instance = given as LinkedInstance<WasiCtx>;
      const image = images.get(instance);
      if (state === 'spoilt' || image === undefined || !instance.isIdle) {
        instance.abandon();
        return;
      }
      instance.bind(nobody);
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
