import type { Contexts } from '../plan/contexts.ts';
import type { ImportName } from '../../rewriter/core-module.ts';
import type { Access, ReachableMemory } from '../../rewriter/analyse/reach.ts';
import type { CoreImport, CoreItem, Plan, Step } from '../plan/plan.ts';
import type { PageStore } from './memory/kernel-pages.ts';
import { MemoryData } from './memory/memory-data.ts';
import type { PreparedModule } from './prepared-module.ts';
import type { MemorySize } from './cards.ts';
import { whenNeeded } from '../../util/when-needed.ts';
import { type SharedFunctions, givenFunction } from './shared-functions.ts';

export type Imports = Record<string, Record<string, unknown>>;

/** A step, with what is known of its imports and exports before there is an instance. */
export interface WiredStep {
  readonly prepared: Omit<PreparedModule, 'dataSegments'>;
  /** The imported memories that the host recycles; the index is that in `Wiring.memories`. */
  readonly recycled: readonly ImportOf[];
  /** What the module writes to memories when it is instantiated. */
  readonly data: readonly MemoryData[];
  /** The imports that are the same for all instances. */
  readonly fixed: Readonly<Imports>;
  /** The other imports, by module name. */
  readonly varying: ReadonlyMap<string, readonly CoreImport[]>;
  /** The exports that are memories and allocators of contexts, with the contexts' indices. */
  readonly memories: readonly ExportFor[];
  readonly reallocs: readonly ExportFor[];
}

/** An import of a step, by its name among the imports that the rewriter adds. */
export interface ImportOf {
  readonly name: string;
  readonly index: number;
}

/** An export of a module, by its name. */
export interface ExportOf {
  readonly step: number;
  readonly name: string;
}

/** An export of a global, and how it is read and written. */
export interface GlobalExport extends ExportOf {
  readonly access: Access;
}

/** What an instance is built from. */
export interface Wiring {
  readonly steps: readonly WiredStep[];
  /** The memories that the host creates for an instance, and reuses for its next start. */
  readonly memories: readonly MemorySize[];
  /** The core items whose state a request can change. */
  readonly globals: readonly GlobalExport[];
  readonly tables: readonly ExportOf[];
}

export interface ExportFor {
  readonly name: string;
  readonly index: number;
}

export interface Wired {
  readonly modules: readonly PreparedModule[];
  readonly contexts: Contexts;
  readonly functions: SharedFunctions;
  /** Opens what shares pages of data between instances, if it can be had; called once, if there is enough data. */
  readonly openStore: () => PageStore | undefined;
}

export function wireSteps<Ctx>(plan: Plan<Ctx>, wired: Wired): Wiring {
  const { memories, contexts } = wired.contexts;
  const allocators = contexts.map(({ realloc }) => realloc);
  const sizes: MemorySize[] = [];
  const openStore = whenNeeded(wired.openStore);
  const steps = plan.steps.map((step, index) => ({
    ...wireImports(step, wired),
    data: dataOf(wired.modules[step.module] as PreparedModule, openStore),
    recycled: recycledBy(wired.modules[step.module] as PreparedModule, sizes),
    memories: exportsOf(index, memories),
    reallocs: exportsOf(index, allocators),
  }));
  const all = steps.map(({ prepared: { rewritten } }, step) => ({ step, rewritten }));
  const tables = all.filter(({ rewritten }) => rewritten.writesTables);
  return {
    steps,
    memories: sizes,
    globals: all.flatMap(({ step, rewritten }) =>
      // A global that is imported is that of an earlier step.
      rewritten.globals.flatMap(({ exportName, access, imported }) =>
        imported === undefined ? [{ step, name: exportName, access }] : [],
      ),
    ),
    tables: tables.flatMap(({ step, rewritten }) =>
      rewritten.tables.map((table) => ({ step, name: table.exportName })),
    ),
  };
}

function recycledBy({ rewritten }: PreparedModule, sizes: MemorySize[]): ImportOf[] {
  return rewritten.memories.flatMap(({ recycledAs, limits: { initial, maximum } }) => {
    if (recycledAs === undefined) return [];
    return [{ name: recycledAs, index: sizes.push({ initialPages: initial, maxPages: maximum ?? initial }) - 1 }];
  });
}

function dataOf(
  { rewritten: { memories }, dataSegments }: PreparedModule,
  openStore: () => PageStore | undefined,
): MemoryData[] {
  const segments = Map.groupBy(dataSegments, ({ memory }) => memory);
  return Array.from(segments, ([memory, own]) => {
    const { recycledAs, limits } = memories[memory] as ReachableMemory;
    const owner = recycledAs === undefined ? 'another module' : { initialPages: limits.initial, openStore };
    return new MemoryData(memory, own, owner);
  });
}

function wireImports(step: Step, { modules, functions }: Wired): Pick<WiredStep, 'prepared' | 'fixed' | 'varying'> {
  const { dataSegments: _views, ...prepared } = modules[step.module] as PreparedModule;
  const fixed: Imports = {};
  const varying = new Map<string, CoreImport[]>();
  const takers = new Set(prepared.rewritten.callerImports.map(({ module, name }) => keyOf(module, name)));
  for (const item of step.imports) {
    const given = takers.has(keyOf(item.module, item.name)) ? givenFunction(functions, item.item) : undefined;
    if (given !== undefined) (fixed[item.module] ??= {})[item.name] = given.bridged;
    else varying.set(item.module, [...(varying.get(item.module) ?? []), item]);
  }
  return { prepared, fixed, varying };
}

const keyOf = (module: string, name: string): string => JSON.stringify([module, name]);

function exportsOf(step: number, items: readonly (CoreItem | undefined)[]): ExportFor[] {
  return items.flatMap((item, index) =>
    item?.from === 'export' && item.step === step ? [{ name: item.name, index }] : [],
  );
}

/** The functions that `module` gets from the host in every step that instantiates it. */
export function hostFunctionsOf<Ctx>({ steps }: Plan<Ctx>, module: number): ImportName[] {
  const imports = steps.filter((step) => step.module === module).flatMap((step) => step.imports);
  const others = new Set(
    imports.filter(({ item }) => item.from === 'export').map((item) => keyOf(item.module, item.name)),
  );
  return imports
    .filter((item) => !others.has(keyOf(item.module, item.name)))
    .map(({ module: from, name }) => ({ module: from, name }));
}
