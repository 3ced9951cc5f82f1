import type { ByteWriter } from '../../wasm/byte-writer.ts';
import type { Callers } from './callers.ts';
import type { CoreModule } from '../core-module.ts';
import { OP, PREFIX_BASE } from '../../wasm/opcodes.ts';
import { RESERVED } from '../layout.ts';
import { SECTION } from '../../wasm/sections.ts';

const FUNC = 0x60;
const I32 = 0x7f;
const EXTERNREF = 0x6f;
/** The prefix of table instructions, among others. */
const PREFIX = 0xfc;

/** A host function that only the rewriter's functions call: through a global, since another import would shift all function indices. */
export type HostFunction = {
  /** The name of the mutable global, a function reference, that the host sets. */
  readonly exportName: string;
  /** The type. Shape: as in the type section. The last param is the caller. */
  readonly type: readonly number[];
  /** The indices of the global and the type. */
  readonly global: number;
  readonly typeIndex: number;
};

/** A function that takes the caller, and returns whether the guest must trap. Shape: as in the type section. */
export const INTERRUPT_TYPE: readonly number[] = Object.freeze([FUNC, 1, EXTERNREF, 1, I32]);

/** A function that takes a number of pages or elements, and the caller, and returns whether they may be taken. */
const TAKE_TYPE: readonly number[] = Object.freeze([FUNC, 2, I32, EXTERNREF, 1, I32]);

/** The host functions that a module calls. */
export type HostFunctions = {
  /** Called when the word is set. */
  readonly interrupt: HostFunction | undefined;
  /** Called before a memory grows. */
  readonly takePages: HostFunction | undefined;
  /** Called before a table grows; then with the negative number, if V8 refused. */
  readonly takeElements: HostFunction | undefined;
};

/** Which of them a module calls. */
export type CallsHost = { readonly isPreempted: boolean; readonly isGiven: boolean; readonly growsTables: boolean };

/** Assigns indices, to `takePages` if the host provides the memories: in the order of the list, globals after the caller's, types after the module's own. */
export function placeHostFunctions(
  { globals, types }: CoreModule,
  { isPreempted, isGiven, growsTables }: CallsHost,
): HostFunctions {
  let placed = 0;
  const place = (name: string, type: readonly number[], isCalled: boolean): HostFunction | undefined => {
    if (!isCalled) return undefined;
    const index = placed++;
    return {
      exportName: `${RESERVED}:${name}`,
      type,
      global: globals.length + 1 + index,
      // Equal types are not repeated: both `take` functions have the same.
      typeIndex: types.length + (isPreempted && type === TAKE_TYPE ? 1 : 0),
    };
  };
  return {
    interrupt: place('interrupt', INTERRUPT_TYPE, isPreempted),
    takePages: place('take-pages', TAKE_TYPE, isGiven),
    takeElements: place('take-elements', TAKE_TYPE, growsTables),
  };
}

export function listHostFunctions({ interrupt, takePages, takeElements }: HostFunctions): HostFunction[] {
  return [interrupt, takePages, takeElements].filter((func) => func !== undefined);
}

/** Whether a module may grow a table: whether the bytes of that instruction occur anywhere in its code. */
export function mayGrowTables({ bytes, sections, tables }: CoreModule): boolean {
  const section = tables.length > 0 ? sections.byId.get(SECTION.code) : undefined;
  if (section === undefined) return false;
  for (let at = bytes.indexOf(PREFIX, section.at); at !== -1 && at < section.end; at = bytes.indexOf(PREFIX, at + 1)) {
    // A LEB128 number may have redundant bytes.
    if (((bytes[at + 1] as number) & 0x7f) === OP.tableGrow - PREFIX_BASE.misc) return true;
  }
  return false;
}

/** Emits a call of a host function. All params except the caller are on the stack. */
export function emitCallHost(body: ByteWriter, callers: Callers, { global, typeIndex }: HostFunction): void {
  callers.emitCaller(body);
  body.byte(OP.globalGet);
  body.u32(global);
  body.byte(OP.callRef);
  body.u32(typeIndex);
}
