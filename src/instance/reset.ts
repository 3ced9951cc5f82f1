import type { LinkedInstance } from '../linker/linked-instance.ts';
import type { LinkedPre } from '../linker/link.ts';
import type { WasiCtx } from '../wasi/context.ts';
import { type Image, captureImage, hasGrownTables, restoreImage } from './image.ts';
import type { InstanceStrategy } from './strategy.ts';

/** Instances kept for the next requests. */
const MAX_SPARES = 256;

/** Instances are kept, and every bit that a request can see is restored between requests. */
export function createResetStrategy(pre: LinkedPre<WasiCtx>): InstanceStrategy {
  const spares: LinkedInstance<WasiCtx>[] = [];
  const images = new WeakMap<object, Image>();
  let first: Image | undefined;
  return {
    name: 'reset',
    take: (ctx) => {
      const spare = spares.pop();
      if (spare !== undefined) {
        spare.bind(ctx);
        return spare;
      }
      const instance = pre.instantiate(ctx);
      const image = captureImage(instance, first);
      first ??= image;
      images.set(instance, image);
      return instance;
    },
    giveBack: (given, state) => {
      const instance = given as LinkedInstance<WasiCtx>;
      const image = images.get(instance);
      if (image === undefined || state === 'spoilt') return;
      if (spares.length >= MAX_SPARES || hasGrownTables(instance, image)) {
        instance.release();
        return;
      }
      restoreImage(instance, image);
      spares.push(instance);
    },
  };
}
