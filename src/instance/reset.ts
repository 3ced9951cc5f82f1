import type { LinkedInstance } from '../linker/linked-instance.ts';
import type { LinkedPre } from '../linker/link.ts';
import type { WasiCtx } from '../wasi/context.ts';
import { type Image, captureImage, hasGrownTables, restoreImage } from './image.ts';
import { createNobody } from './nobody.ts';
import { Spares } from './spares.ts';
import type { InstanceStrategy } from './strategy.ts';

/** An image, and what the memories held when it was taken. */
interface Start {
  readonly image: Image;
  readonly byteLength: number;
}

/**
 * Instances are kept, and every bit that a request can see is restored between requests.
 *
 * `warm` is an instance that has started and done nothing else: it serves the first request.
 */
export function createResetStrategy(pre: LinkedPre<WasiCtx>, warm?: LinkedInstance<WasiCtx>): InstanceStrategy {
  const spares = new Spares(pre.memory);
  const nobody = createNobody();
  const starts = new WeakMap<object, Start>();
  /** Instances that started alike share its bytes. */
  let first: Image | undefined;
  const capture = (instance: LinkedInstance<WasiCtx>): LinkedInstance<WasiCtx> => {
    const image = captureImage(instance, first);
    first ??= image;
    starts.set(instance, { image, byteLength: instance.byteLength });
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
      const start = starts.get(instance);
      if (state === 'spoilt' || start === undefined) {
        instance.abandon();
        return;
      }
      instance.bind(nobody);
      if (!spares.hasRoomFor(instance.byteLength, start.byteLength) || hasGrownTables(instance, start.image)) {
        instance.release();
        return;
      }
      restoreImage(instance, start.image);
      spares.add(instance);
    },
    [Symbol.dispose]: () => spares[Symbol.dispose](),
  };
}
