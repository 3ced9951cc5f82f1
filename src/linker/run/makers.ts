import type { LiftSlots, LowerSlots, SharedFunction } from '../../abi/canon.ts';
import { emitLift } from '../../abi/emit/lift.ts';
import { emitLower } from '../../abi/emit/lower.ts';
import type { LiftedFunc, Lowering, Plan } from '../plan/plan.ts';
import { type Waiting, findWaiting, funcMayWait } from '../plan/waiting.ts';

export type LowerMaker = (slots: LowerSlots) => SharedFunction;
export type LiftMaker = (slots: LiftSlots) => (...values: unknown[]) => unknown;

/** The emitted code of every function between the host and the core. Lowered functions serve all instances; each instance creates its own lifted ones. */
export interface Makers extends Waiting {
  /** The makers, by index in the plan. */
  readonly lowerings: readonly LowerMaker[];
  readonly lifts: ReadonlyMap<LiftedFunc, LiftMaker>;
}

export function emitMakers<Ctx>({ lowerings, builtins, exports }: Plan<Ctx>): Makers {
  const waiting = findWaiting({ lowerings, builtins });
  const exported = [...exports.values()].flatMap((funcs) => [...funcs.values()]);
  const between = lowerings.flatMap(({ func }) => (func.by === 'lift' ? [func] : []));
  return {
    ...waiting,
    lowerings: lowerings.map((lowering) => emitLowering(lowering, waiting)),
    lifts: new Map([...exported, ...between].map((func) => [func, emitLifted(func)])),
  };
}

function emitLowering<Ctx>({ func, options: { stringEncoding } }: Lowering<Ctx>, waiting: Waiting): LowerMaker {
  const calling = funcMayWait(waiting, func) ? 'may-wait' : 'sync';
  if (func.by === 'lift')
    return emitLower(func.type, { name: 'component', calling, callee: 'component', stringEncoding });
  return emitLower(func.type, { name: func.name, calling, callee: 'host', stringEncoding });
}

function emitLifted({ type, options: { stringEncoding } }: LiftedFunc): LiftMaker {
  return emitLift(type, { name: 'export', calling: 'may-wait', stringEncoding });
}
