import { checkAlive, checkMayLeave, type ComponentInstance, enterFrom, leaveTo } from './component-instance.ts';
import type { CanonicalOptions, LiftLowerContext } from './context.ts';
import { MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, paramTypes, resultTypes } from './flatten.ts';
import { type CoreValue, createCoreValueIter } from './lift-flat.ts';
import { checkTypeSize } from './type-size.ts';
import type { FuncType } from './types.ts';
import { liftFlatValues, lowerFlatValues } from './values.ts';

/** A function exported or imported by a core module. Returns nothing or a value, or a promise of either if it waits. */
export type CoreFunction = (...args: CoreValue[]) => unknown;

/** What is known about a lifted or lowered function before there is an instance. */
export interface FuncOptions extends CanonicalOptions {
  /** For messages and profiles: `wasi:io/poll@0.2.3#poll`. */
  readonly name: string;
  /** Whether the callee may return a promise. If a `sync` callee does, the promise is its value. */
  readonly calling: 'sync' | 'may-wait';
}

/** Like `FuncOptions`. A host function receives the context of the call first, another component's function the caller. */
export interface LowerOptions extends FuncOptions {
  readonly callee: 'host' | 'component';
}

/** The instance that calls a lowered function. Its time stops while the host makes it wait. */
export interface Caller {
  /** The context of the call running in the instance, the first argument of host functions. */
  readonly ctx: unknown;
  /** The call of `ctx` waits. `heldBytes` is what the host function's arguments take meanwhile. */
  waits(ctx: unknown, heldBytes: number): void;
  /** The call of `ctx` resumes, and is the running one again. */
  goesOn(ctx: unknown, heldBytes: number): void;
  /** The contexts, in the order in which lowered functions number them. */
  readonly contexts: readonly LiftLowerContext[];
  /** Records the names of the host functions that it calls, while that is of interest. */
  readonly asked: { add(name: string): unknown } | undefined;
}

/** A core function that any number of instances import: the calling instance passes itself last. */
export type SharedFunction = (...args: never[]) => unknown;

/** What a lowered function can access. */
export interface LowerSlots {
  /** The index of the context, among its caller's, in which it works. */
  readonly context: number;
  readonly call: (...args: never[]) => unknown;
}

/** What a lifted function of one instance can access. */
export interface LiftSlots {
  readonly cx: LiftLowerContext;
  /** The result of `enteringSet` for the instance and the caller. */
  readonly entering: readonly ComponentInstance[];
  /** The guest's function, wrapped by `WebAssembly.promising` if it may wait. */
  readonly core: CoreFunction;
  readonly postReturn?: CoreFunction | undefined;
}

/**
 * Turns a component function into a core function.
 *
 * If `call` returns a promise, so does the core function; lends end when it resolves. Any exception ends the instance, even if the guest catches it. The
 * interpreter's twin of `emitLower`.
 *
 * Source: `canon_lower`.
 */
export function canonLower(type: FuncType, opts: LowerOptions): (rt: LowerSlots) => SharedFunction {
  checkTypeSize(type, opts.name);
  const params = paramTypes(type);
  const results = resultTypes(type);
  const isHost = opts.callee === 'host';
  const finish = (cx: LiftLowerContext, value: unknown, { outParam, lends }: Outcome): unknown => {
    cx.memory.refresh();
    const [flat] = lowerFlatValues(cx, { maxFlat: MAX_FLAT_RESULTS, outParam }, [value], results);
    cx.borrowScope.endLends(lends);
    return flat;
  };
  return ({ context, call }) => {
    const start = (cx: LiftLowerContext, flat: CoreValue[], first: unknown): unknown => {
      checkMayLeave(cx.inst);
      cx.startLift();
      const args = liftFlatValues(cx, MAX_FLAT_PARAMS, createCoreValueIter(flat), params);
      return call(...([first, ...args] as never[]));
    };
    return (...args: unknown[]) => {
      const caller = args.at(-1) as Caller;
      const flat = args.slice(0, -1) as CoreValue[];
      const cx = caller.contexts[context] as LiftLowerContext;
      const outcome = { outParam: Number(flat.at(-1) ?? 0) >>> 0, lends: cx.borrowScope.lends };
      try {
        if (isHost) caller.asked?.add(opts.name);
        const value = start(cx, flat, isHost ? caller.ctx : caller);
        if (opts.calling === 'sync' || !(value instanceof Promise)) return finish(cx, value, outcome);
        return finishLater(cx, value, (v) => finish(cx, v, outcome), isHost ? caller : undefined);
      } catch (error) {
        throw cx.inst.end(error);
      }
    };
  };
}

/** Where a result that is not flat is stored, and how many handles were lent before the call. */
interface Outcome {
  readonly outParam: number;
  readonly lends: number;
}

/**
 * Runs `finish` when the promise of a call resolves; any failure ends the instance. Notifies `caller`, if it is the host that makes it wait.
 *
 * Does not use `await`, whose frame would take memory for each waiting guest.
 */
export function finishLater(
  { inst, maxCallBytes, budget }: LiftLowerContext,
  value: Promise<unknown>,
  finish: (value: unknown) => unknown,
  caller?: Caller,
): Promise<unknown> {
  const heldBytes = maxCallBytes - budget;
  const ctx = caller?.ctx;
  caller?.waits(ctx, heldBytes);
  const fail = (error: unknown): never => {
    caller?.goesOn(ctx, heldBytes);
    throw inst.end(error);
  };
  const succeed = (settled: unknown): unknown => {
    caller?.goesOn(ctx, heldBytes);
    try {
      checkAlive(inst);
      return finish(settled);
    } catch (error) {
      throw inst.end(error);
    }
  };
  return value.then(succeed, fail);
}

/**
 * Turns a core function into a component function.
 *
 * If `core` returns a promise, so does the function, which rejects with the error that ended the instance. The interpreter's twin of `emitLift`.
 *
 * Source: `canon_lift`, `lift` of `Store`.
 */
export function canonLift(type: FuncType, opts: FuncOptions): (rt: LiftSlots) => (...values: unknown[]) => unknown {
  checkTypeSize(type, opts.name);
  const params = paramTypes(type);
  const results = resultTypes(type);
  return ({ cx, entering, core, postReturn }) => {
    const finish = (flat: unknown): unknown => {
      try {
        checkAlive(cx.inst);
        cx.startLift();
        const [value] = liftFlatValues(cx, MAX_FLAT_RESULTS, createCoreValueIter([flat as CoreValue]), results);
        cx.borrowScope.checkDropped();
        if (postReturn !== undefined) {
          cx.inst.mayLeave = false;
          if (results.length === 0) postReturn();
          else postReturn(flat as CoreValue);
          cx.inst.mayLeave = true;
        }
        leaveTo(entering);
        return value;
      } catch (error) {
        throw cx.inst.end(error);
      }
    };
    const fail = (error: unknown): never => {
      throw cx.inst.end(error);
    };
    return (...values) => {
      enterFrom(entering);
      cx.memory.refresh();
      const flat = core(...lowerFlatValues(cx, { maxFlat: MAX_FLAT_PARAMS, outParam: undefined }, values, params));
      return opts.calling === 'may-wait' && flat instanceof Promise ? flat.then(finish, fail) : finish(flat);
    };
  };
}
