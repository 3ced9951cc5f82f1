import type { ByteWriter } from '../../wasm/byte-writer.ts';
import type { Callers } from './callers.ts';
import type { CoreModule } from '../core-module.ts';
import { OP, PREFIX_BASE } from '../../wasm/opcodes.ts';
import { RESERVED } from '../layout.ts';
import { SECTION } from '../../wasm/sections.ts';

const FUNC = 0x60;
const I32 = 0x7f;
const EXTERNREF = 0x6f;
/** Of the instructions on tables, among others. */
const PREFIX = 0xfc;

/** A function of the host that only functions of the rewriter's call: by a global, since another import would move all indices. */
export type HostFunction = {
  /** Of the mutable global, a reference to a function, that the host sets. */
  readonly exportName: string;
  /** Shape: as in the type section. The last param is the caller. */
  readonly type: readonly number[];
  /** The indices of both. */
  readonly global: number;
  readonly typeIndex: number;
};

/** It takes the caller, and gives whether the guest is to trap. Shape: as in the type section. */
export const INTERRUPT_TYPE: readonly number[] = Object.freeze([FUNC, 1, EXTERNREF, 1, I32]);

/** It takes a count, of pages or of elements, and the caller, and gives whether these may be taken. */
const TAKE_TYPE: readonly number[] = Object.freeze([FUNC, 2, I32, EXTERNREF, 1, I32]);

/** Those that a module calls. */
export type HostFunctions = {
  /** Called where the word is set. */
  readonly interrupt: HostFunction | undefined;
  /** Called before V8 is asked for pages. */
  readonly takePages: HostFunction | undefined;
  /** Called before V8 is asked for elements of a table; with how many less than none, where V8 refused them. */
  readonly takeElements: HostFunction | undefined;
};

/** Whether a module calls each of them. */
export type CallsHost = { readonly isPreempted: boolean; readonly isGiven: boolean; readonly growsTables: boolean };

/** Gives each its place, `takePages` where the host gives the memories: in the order of the list, globals after that of the caller, types after the module's own. */
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
      // Types are not repeated: those of what is taken are one.
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

/** Whether a module may grow a table: whether the bytes of that instruction are anywhere in its code. */
export function mayGrowTables({ bytes, sections, tables }: CoreModule): boolean {
  const section = tables.length > 0 ? sections.byId.get(SECTION.code) : undefined;
  if (section === undefined) return false;
  for (let at = bytes.indexOf(PREFIX, section.at); at !== -1 && at < section.end; at = bytes.indexOf(PREFIX, at + 1)) {
    // A LEB128 number may have more bytes than it needs.
    if (((bytes[at + 1] as number) & 0x7f) === OP.tableGrow - PREFIX_BASE.misc) return true;
  }
  return false;
}

/** Calls it. All its params but the caller are on the stack. */
export function emitCallHost(body: ByteWriter, callers: Callers, { global, typeIndex }: HostFunction): void {
  callers.emitCaller(body);
  body.byte(OP.globalGet);
  body.u32(global);
  body.byte(OP.callRef);
  body.u32(typeIndex);
}
