import type { LowerOptions, LowerSlots, SharedFunction } from '../canon.ts';
import {
  flattenFunctype,
  flattenTypes,
  MAX_FLAT_PARAMS,
  MAX_FLAT_RESULTS,
  paramTypes,
  resultTypes,
} from '../flatten.ts';
import { fieldsOf } from '../despecialize.ts';
import { alignment, elemSize, fieldOffsets } from '../layout.ts';
import { checkTypeSize } from '../type-size.ts';
import type { FuncType, ValType } from '../types.ts';
import { createEmitter, type Emitter, runEmitted } from './emitter.ts';
import { emitLiftFlatEach } from './lift-flat.ts';
import { emitLoad } from './load.ts';
import { emitLowerFlat } from './lower-flat.ts';
import { emitStore } from './store.ts';
import { js } from './code-writer.ts';

/**
 * Emits code that turns a component function into a core function, like `canonLower`.
 *
 * One function serves all instances: the calling instance passes itself last.
 *
 * Source: `canon_lower`.
 */
export function emitLower(type: FuncType, opts: LowerOptions): (rt: LowerSlots) => SharedFunction {
  checkTypeSize(type, opts.name);
  const e = createEmitter(opts);
  emitFinish(e, type);
  emitMaker(e, type, opts);
  return runEmitted(e, `lower/${opts.name}`) as (rt: LowerSlots) => SharedFunction;
}

/** Emits what follows the call: `finish(cx, value, out, lends)` lowers the result. */
function emitFinish(e: Emitter, type: FuncType): void {
  const { code } = e;
  code.func('finish', ['cx', 'value', 'out', 'lends'], () => {
    let flat: string | undefined;
    if (type.result !== undefined) {
      code.line(js`cx.memory.refresh(); let view = cx.memory.view;`);
      flat = emitLowerResult(e, type.result);
    }
    code.line(js`cx.borrowScope.endLends(lends);`);
    if (flat !== undefined) code.line(js`return ${flat};`);
  });
}

/** The name of the flat result; `undefined` if it was stored at `out`. */
function emitLowerResult(e: Emitter, result: ValType): string | undefined {
  if (flattenTypes([result]).length <= MAX_FLAT_RESULTS) return emitLowerFlat(e, result, 'value')[0];
  e.code.line(js`checkWritable(cx.memory, out, ${elemSize(result)}, ${alignment(result)});`);
  emitStore(e, result, 'value', { ptr: 'out', offset: 0 });
  return undefined;
}

function emitMaker(e: Emitter, type: FuncType, opts: LowerOptions): void {
  const { code } = e;
  const flats = flattenFunctype(type, 'lower').params.map((_, i) => `f${i}`);
  const hasOut = flattenTypes(resultTypes(type)).length > MAX_FLAT_RESULTS;
  code.line(js`return (rt) => {`);
  code.line(js`const context = rt.context, call = rt.call;`);
  code.line(js`return (${[...flats, 'caller']}) => {`);
  code.line(js`const cx = caller.contexts[context], inst = cx.inst; try {`);
  code.line(js`checkMayLeave(inst); cx.startLift();`);
  code.line(js`const view = cx.memory.view, lends = cx.borrowScope.lends;`);
  const args = emitLiftParams(e, paramTypes(type), flats);
  if (hasOut) code.line(js`const out = ${flats.at(-1) ?? ''} >>> 0;`);
  else code.line(js`const out = 0;`);
  const isHost = opts.callee === 'host';
  if (isHost) code.line(js`if (caller.asked !== undefined) caller.asked.add(${{ json: opts.name }});`);
  args.unshift(isHost ? code.bind(js`caller.ctx`) : 'caller');
  const value = code.bind(js`call(${args})`);
  if (opts.calling === 'may-wait') {
    emitLater(e);
    const waiting = isHost ? 'caller' : 'undefined';
    code.line(js`if (${value} instanceof Promise) return later(cx, ${value}, { out, lends }, ${waiting});`);
  }
  code.line(js`return finish(cx, ${value}, out, lends); } catch (error) { throw inst.end(error); } }; };`);
}

/** A separate function, so that a call that does not wait does not pay for the closure. */
function emitLater({ code }: Emitter): void {
  code.func('later', ['cx', 'value', 'outcome', 'caller'], () => {
    code.line(js`const { out, lends } = outcome;`);
    code.line(js`return finishLater(cx, value, (value) => finish(cx, value, out, lends), caller);`);
  });
}

/** The names of the arguments, lifted from flat values or from memory. Its twin is `liftFlatValues`. */
function emitLiftParams(e: Emitter, params: readonly ValType[], flats: readonly string[]): string[] {
  if (flattenTypes(params).length <= MAX_FLAT_PARAMS) return emitLiftFlatEach(e, params, flats);
  return emitLoadSpilled(e, params, flats[0] ?? '');
}

/** The names of consecutive values in memory, at the flat pointer named `flat`. */
export function emitLoadSpilled(e: Emitter, types: readonly ValType[], flat: string): string[] {
  const { code } = e;
  const tuple: ValType = { kind: 'tuple', elements: types };
  const ptr = code.bind(js`${flat} >>> 0`);
  code.line(js`checkRange(cx.memory, ${ptr}, ${elemSize(tuple)}, ${alignment(tuple)});`);
  const offsets = fieldOffsets(fieldsOf(tuple));
  return types.map((t, i) => emitLoad(e, t, { ptr, offset: offsets[i] ?? 0 }));
}
