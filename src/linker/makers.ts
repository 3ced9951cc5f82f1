import type { CoreFunction, LiftSlots, LowerSlots } from '../abi/canon.ts';
import { emitLift } from '../abi/emit/lift.ts';
import { emitLower } from '../abi/emit/lower.ts';
import type { LiftedFunc, Lowering, Plan } from './plan.ts';

export type LowerMaker = (slots: LowerSlots) => CoreFunction;
export type LiftMaker = (slots: LiftSlots) => (...values: unknown[]) => unknown;

/** Code for every function between the host and the core, emitted once; each instance makes closures of it. */
export interface Makers {
  /** By index in the plan. */
  readonly lowerings: readonly LowerMaker[];
  readonly lifts: ReadonlyMap<LiftedFunc, LiftMaker>;
}

export function emitMakers<Ctx>({ lowerings, exports }: Plan<Ctx>): Makers {
  const exported = [...exports.values()].flatMap((funcs) => [...funcs.values()]);
  const between = lowerings.flatMap(({ func }) => (func.by === 'lift' ? [func] : []));
  return {
    lowerings: lowerings.map(emitLowering),
    lifts: new Map([...exported, ...between].map((func) => [func, emitLifted(func)])),
  };
}

function emitLowering<Ctx>({ func, options: { stringEncoding } }: Lowering<Ctx>): LowerMaker {
  if (func.by === 'lift') {
    return emitLower(func.type, { name: 'component', calling: 'may-wait', callee: 'component', stringEncoding });
  }
  const calling = func.mayWait ? 'may-wait' : 'sync';
  return emitLower(func.type, { name: func.name, calling, callee: 'host', stringEncoding });
}

function emitLifted({ type, options: { stringEncoding } }: LiftedFunc): LiftMaker {
  return emitLift(type, { name: 'export', calling: 'may-wait', stringEncoding });
}
