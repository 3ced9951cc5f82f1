import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import type { LinkedPre } from '../linker/link.ts';
import type { InstancePre } from '../linker/instance-pre.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';
import { Spares } from './spares.ts';
import type { InstanceStrategy } from './strategy.ts';

/** Each request gets a new instance, which is discarded with it: nothing can be carried over. */
export function createFreshStrategy(pre: InstancePre<WasiCtx>): InstanceStrategy {
  return {
    name: 'fresh',
    kept: { size: 0, byteLength: 0 },
    take: (ctx) => pre.instantiate(ctx),
    giveBack: (instance) => instance.abandon(),
    [Symbol.dispose]: () => undefined,
  };
}

/**
 * Each request gets new core instances; only the memories' pages, zeroed, and the host's functions are reused.
 *
 * Memories are new too if their writes are not tracked, or if the last request has grown them: V8 never takes pages back, and a guest could detect
 * whether a page exists.
 */
export function createRecyclingStrategy(pre: LinkedPre<WasiCtx>): InstanceStrategy {
  if (!pre.marksAllWrites) return createFreshStrategy(pre);
  const spares = new Spares(pre);
  return {
    name: 'fresh',
    kept: spares,
    take: (ctx) => {
      const spare = spares.take();
      if (spare === undefined) return pre.instantiate(ctx);
      spare.recreate(ctx);
      return spare;
    },
    giveBack: (given, state) => {
      const instance = given as LinkedInstance<WasiCtx>;
      if (state === 'tainted' || !instance.isIdle) {
        instance.abandon();
        return;
      }
      instance.rest();
      if (instance.hasGrownMemories || !spares.hasRoomFor(instance.byteLength)) {
        instance.release();
        return;
      }
      instance.clear();
      spares.add(instance);
    },
    [Symbol.dispose]: () => spares[Symbol.dispose](),
  };
}
