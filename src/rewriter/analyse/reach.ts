import type { CoreModule, ImportName } from '../core-module.ts';
import { notSupported } from '../../wasm/refusal.ts';
import { RESERVED } from '../layout.ts';
import { SECTION } from '../../wasm/sections.ts';
import type { SizeLimits } from '../../wasm/types.ts';

/** A piece of a module's state that the rewritten module exports. */
type Reachable = {
  readonly index: number;
  /** The name of the export. */
  readonly exportName: string;
  /** Where the module imports it from; `undefined` if the module defines it. */
  readonly imported: ImportName | undefined;
};

export type ReachableMemory = Reachable & {
  readonly limits: SizeLimits;
  readonly isShared: boolean;
  /** The name of the import from `wasi-serve` with which the host provides this memory, if the original module defined it. */
  readonly recycledAs: string | undefined;
  /** Whether all writes are marked. */
  readonly isTracked: boolean;
};

export type ReachableTable = Reachable & {
  /** The type of its elements, as in the text format. */
  readonly type: string;
  readonly limits: SizeLimits;
  readonly access: Access;
};

export type ReachableGlobal = Reachable & { readonly type: string; readonly access: Access };

/**
 * How the host reads and writes a value. `value`: as JavaScript does (`.value`, `get` and `set`); `bits` and `functions`: with the exports
 * `<exportName>:get` and `<exportName>:set`, which use an integer of the same size (f32, f64: JavaScript does not preserve the bits of a NaN), or two i64
 * (v128, low half first); `none`: not at all.
 */
export type Access = 'value' | 'bits' | 'functions' | 'none';

/** What happens to a module's memories; see `RewriteOptions`. */
export type MemoryMode = 'tracked' | 'given' | 'plain';

/** The memories after rewriting, including those that are turned into imports. */
export function reachMemories({ memories }: CoreModule, mode: MemoryMode): ReachableMemory[] {
  return memories.map(({ index, imported, limits, isShared }) => ({
    index,
    exportName: `${RESERVED}:memory:${index}`,
    imported,
    limits,
    isShared,
    recycledAs: imported === undefined && mode !== 'plain' ? recycledName(index) : undefined,
    isTracked: mode === 'tracked' && index === 0,
  }));
}

const recycledName = (index: number): string => (index === 0 ? 'memory' : `memory:${index}`);

export function reachTables({ tables }: CoreModule): ReachableTable[] {
  return tables.map(({ index, imported, limits, element }) => ({
    index,
    exportName: `${RESERVED}:table:${index}`,
    imported,
    limits,
    type: element,
    access: accessTo(element),
  }));
}

/** The mutable globals. Others are not state. */
export function reachGlobals({ globals }: CoreModule): ReachableGlobal[] {
  return globals
    .filter(({ isMutable }) => isMutable)
    .map(({ index, imported, type }) => ({
      index,
      exportName: `${RESERVED}:global:${index}`,
      imported,
      type,
      access: accessTo(type),
    }));
}

/** Source: WebAssembly JavaScript interface 3.0, "ToJSValue": v128 and exception references throw a TypeError; ToWebAssemblyValue: any NaN may come of a NaN. */
function accessTo(type: string): Access {
  if (type === 'v128') return 'functions';
  if (type === 'f32' || type === 'f64') return 'bits';
  return /exn/.test(type) ? 'none' : 'value';
}

/** Refuses a module that exports one of our reserved names. */
export function checkExportNames({ exportNames, sections }: CoreModule): void {
  for (const name of exportNames) {
    if (name.startsWith(`${RESERVED}:`)) {
      throw notSupported(
        `an export with the reserved name ${JSON.stringify(name)}`,
        sections.byId.get(SECTION.export)?.at ?? 0,
      );
    }
  }
}
