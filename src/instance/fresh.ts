import type { LinkedInstance } from '../linker/linked-instance.ts';
import type { LinkedPre } from '../linker/link.ts';
import type { InstancePre } from '../linker/instance-pre.ts';
import type { WasiCtx } from '../wasi/context.ts';
import type { InstanceStrategy } from './strategy.ts';

/** Each request gets an instance of its own, which goes with it: nothing can be carried over. */
export function createFreshStrategy(pre: InstancePre<WasiCtx>): InstanceStrategy {
  return {
    name: 'fresh',
    take: (ctx) => pre.instantiate(ctx),
    giveBack: () => undefined,
  };
}

/** How many cleared instances are kept. */
const MAX_SPARES = 256;

/** Each request gets new core instances; only the memories' pages, all zero again, and the host's functions serve the next. */
export function createRecyclingStrategy(pre: LinkedPre<WasiCtx>): InstanceStrategy {
  const spares: LinkedInstance<WasiCtx>[] = [];
  return {
    name: 'fresh',
    take: (ctx) => {
      const spare = spares.pop();
      if (spare === undefined) return pre.instantiate(ctx);
      spare.restart(ctx);
      return spare;
    },
    giveBack: (given, state) => {
      const instance = given as LinkedInstance<WasiCtx>;
      if (state === 'spoilt') return;
      if (spares.length >= MAX_SPARES) {
        instance.release();
        return;
      }
      instance.clear();
      spares.push(instance);
    },
  };
}
