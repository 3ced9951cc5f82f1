import type { ByteWriter } from './byte-writer.ts';
import type { Callers } from './callers.ts';
import type { CoreModule } from './core-module.ts';
import { OP } from './opcodes.ts';
import { RESERVED } from './layout.ts';

const FUNC = 0x60;
const I32 = 0x7f;
const EXTERNREF = 0x6f;

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

/** It takes a count of pages and the caller, and gives whether these may be taken. */
const TAKE_PAGES_TYPE: readonly number[] = Object.freeze([FUNC, 2, I32, EXTERNREF, 1, I32]);

/** Those that a module calls. */
export type HostFunctions = {
  /** Called where the word is set. */
  readonly interrupt: HostFunction | undefined;
  /** Called before V8 is asked for pages. */
  readonly takePages: HostFunction | undefined;
};

/** Gives each its place, `takePages` where the host gives the memories: in the order of the list, globals after that of the caller, types after the module's own. */
export function placeHostFunctions(
  { globals, types }: CoreModule,
  { isPreempted, isGiven }: { readonly isPreempted: boolean; readonly isGiven: boolean },
): HostFunctions {
  const place = (name: string, type: readonly number[], index: number): HostFunction => ({
    exportName: `${RESERVED}:${name}`,
    type,
    global: globals.length + 1 + index,
    typeIndex: types.length + index,
  });
  return {
    interrupt: isPreempted ? place('interrupt', INTERRUPT_TYPE, 0) : undefined,
    takePages: isGiven ? place('take-pages', TAKE_PAGES_TYPE, isPreempted ? 1 : 0) : undefined,
  };
}

export function listHostFunctions({ interrupt, takePages }: HostFunctions): HostFunction[] {
  return [interrupt, takePages].filter((func) => func !== undefined);
}

/** Calls it. All its params but the caller are on the stack. */
export function emitCallHost(body: ByteWriter, callers: Callers, { global, typeIndex }: HostFunction): void {
  callers.emitCaller(body);
  body.byte(OP.globalGet);
  body.u32(global);
  body.byte(OP.callRef);
  body.u32(typeIndex);
}
