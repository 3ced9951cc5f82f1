import type { LinkedInstance } from '../linker/linked-instance.ts';
import type { LinkedPre } from '../linker/link.ts';
import type { WasiCtx } from '../wasi/context.ts';
import { type Image, captureImage, hasGrownTables, restoreImage } from './image.ts';
import type { InstanceStrategy } from './strategy.ts';

interface Spare {
  readonly instance: LinkedInstance<WasiCtx>;
  readonly image: Image;
}

/** Instances kept for the next requests. */
const MAX_SPARES = 256;

/** Instances are kept, and every bit that a request can see is restored between requests. */
export function createResetStrategy(pre: LinkedPre<WasiCtx>): InstanceStrategy {
  const spares: Spare[] = [];
  const images = new WeakMap<object, Image>();
  return {
    name: 'reset',
    take: (ctx) => {
      const spare = spares.pop();
      if (spare !== undefined) {
        spare.instance.bind(ctx);
        return spare.instance;
      }
      const instance = pre.instantiate(ctx);
      images.set(instance, captureImage(instance));
      return instance;
    },
    giveBack: (given, state) => {
      const instance = given as LinkedInstance<WasiCtx>;
      const image = images.get(instance);
      if (image === undefined || state === 'spoilt' || spares.length >= MAX_SPARES || hasGrownTables(instance, image)) {
        if (state === 'sound') instance.release();
        return;
      }
      restoreImage(instance, image);
      spares.push({ instance, image });
    },
  };
}
