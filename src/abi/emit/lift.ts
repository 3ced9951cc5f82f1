import type { FuncOptions, LiftSlots } from '../canon.ts';
import { fieldsOf } from '../despecialize.ts';
import { flattenTypes, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, paramTypes, resultTypes } from '../flatten.ts';
import { alignment, elemSize, fieldOffsets } from '../layout.ts';
import { checkTypeSize } from '../type-size.ts';
import type { FuncType, ValType } from '../types.ts';
import { createEmitter, type Emitter, runEmitted } from './emitter.ts';
import { emitLiftFlat } from './lift-flat.ts';
import { emitLowerFlat } from './lower-flat.ts';
import { emitLoadSpilled } from './lower.ts';
import { emitStore } from './store.ts';
import { js } from './code-writer.ts';

/**
 * Emits code that turns a core function into a component function, like `canonLift`.
 *
 * It is emitted once per function; then each instance creates its own closure.
 *
 * Source: `canon_lift`, `lift` of `Store`.
 */
export function emitLift(type: FuncType, opts: FuncOptions): (rt: LiftSlots) => (...values: unknown[]) => unknown {
  checkTypeSize(type, opts.name);
  const e = createEmitter(opts);
  emitMaker(e, type, opts);
  return runEmitted(e, `lift/${opts.name}`) as (rt: LiftSlots) => (...values: unknown[]) => unknown;
}

function emitMaker(e: Emitter, type: FuncType, opts: FuncOptions): void {
  const { code } = e;
  const values = type.params.map((_, i) => `a${i}`);
  code.line(js`return (rt) => {`);
  code.line(js`const cx = rt.cx, inst = cx.inst, entering = rt.entering, core = rt.core, postReturn = rt.postReturn;`);
  emitFinish(e, type);
  code.line(js`const fail = (error) => { throw inst.end(error); };`);
  code.line(js`return (${values}) => {`);
  code.line(js`enterFrom(entering); cx.memory.refresh(); let view = cx.memory.view;`);
  const flats = emitLowerParams(e, paramTypes(type), values);
  const flat = code.bind(js`core(${flats})`);
  if (opts.calling === 'may-wait') code.line(js`if (${flat} instanceof Promise) return ${flat}.then(finish, fail);`);
  code.line(js`return finish(${flat}); }; };`);
}

/** The names of the flat arguments, or of the pointer to them. Its twin is `lowerFlatValues`. */
function emitLowerParams(e: Emitter, params: readonly ValType[], values: readonly string[]): readonly string[] {
  const { code } = e;
  if (flattenTypes(params).length <= MAX_FLAT_PARAMS) {
    return params.flatMap((t, i) => emitLowerFlat(e, t, values[i] ?? ''));
  }
  const tuple: ValType = { kind: 'tuple', elements: params };
  const ptr = code.bind(js`cx.allocate(${alignment(tuple)}, ${elemSize(tuple)})`);
  code.line(js`view = cx.memory.view;`);
  const offsets = fieldOffsets(fieldsOf(tuple));
  for (const [i, t] of params.entries()) emitStore(e, t, values[i] ?? '', { ptr, offset: offsets[i] ?? 0 });
  return [code.bind(js`${ptr} | 0`)];
}

/** Emits what follows the call: `finish(flat)` lifts the result, then calls post-return. */
function emitFinish(e: Emitter, type: FuncType): void {
  const { code } = e;
  const cleanup = type.result === undefined ? [] : ['flat'];
  code.line(js`const finish = (flat) => { try {`);
  code.line(js`checkAlive(inst); cx.startLift(); const view = cx.memory.view;`);
  const [value] = resultTypes(type).map((result) => emitLiftResult(e, result));
  code.line(js`cx.borrowScope.checkDropped();`);
  code.line(js`if (postReturn !== undefined) { inst.mayLeave = false; postReturn(${cleanup}); inst.mayLeave = true; }`);
  code.line(js`leaveTo(entering);`);
  if (value !== undefined) code.line(js`return ${value};`);
  code.line(js`} catch (error) { throw inst.end(error); } };`);
}

/** The name of the result, lifted from a flat value or from memory. */
function emitLiftResult(e: Emitter, result: ValType): string {
  if (flattenTypes([result]).length <= MAX_FLAT_RESULTS) return emitLiftFlat(e, result, ['flat']);
  return emitLoadSpilled(e, [result], 'flat')[0] ?? 'undefined';
}
