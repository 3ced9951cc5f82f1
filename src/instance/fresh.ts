import type { InstancePre } from '../linker/instance-pre.ts';
import type { WasiCtx } from '../wasi/context.ts';
import type { InstanceStrategy } from './strategy.ts';

/** Each request gets new core instances, which go with it: nothing can be carried over. */
export function createFreshStrategy(pre: InstancePre<WasiCtx>): InstanceStrategy {
  return {
    name: 'fresh',
    take: (ctx) => pre.instantiate(ctx),
    giveBack: () => undefined,
  };
}
