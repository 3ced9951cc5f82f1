import { BodyRewriter, type BodyChanges } from './body-rewriter.ts';
import { ByteWriter } from '../wasm/byte-writer.ts';
import { Callers } from './emit/callers.ts';
import { CheckEmitter } from './emit/check-emitter.ts';
import { contentOf, type CoreModule, decodeCoreModule, type ImportName, readVector } from './core-module.ts';
import { type DataSegment, leaveDataSegments, takeDataSegments } from './emit/data-segments.ts';
import type { Effects } from './analyse/effects.ts';
import { type GrowFailure, HelperFunctions } from './emit/helper-functions.ts';
import { type HostFunctions, listHostFunctions, mayGrowTables, placeHostFunctions } from './emit/host-functions.ts';
import { type InstanceCost, instanceCostOf } from './analyse/instance-cost.ts';
import { MAX_TRACKED_PAGES, RESERVED } from './layout.ts';
import type { CompileTimes } from './analyse/compile-bounds.ts';
import { composeModule, type Additions } from './emit/compose.ts';
import {
  checkExportNames,
  type MemoryMode,
  type ReachableGlobal,
  type ReachableMemory,
  type ReachableTable,
  reachGlobals,
  reachMemories,
  reachTables,
} from './analyse/reach.ts';
import { beyondLimit, malformed } from '../wasm/refusal.ts';
import { SECTION } from '../wasm/sections.ts';
import { addGlobalAccess } from './emit/global-access.ts';

export type RewriteOptions = {
  /** The maximum size of each memory, in pages of 64 KiB. */
  readonly maxMemoryPages: number;
  /** The maximum size of each table, in elements. */
  readonly maxTableElements: number;
  /**
   * `tracked`: the host provides the memories and their initial data, and stores to memory 0 mark the pages they write. `given`: the host provides the
   * memories. In both modes the host is asked before they grow, and calls the start function. `plain`: the module keeps its memories, data and start
   * function.
   */
  readonly memory: MemoryMode;
  /** The functions that the host provides. With tracked memories they also take the caller; see `callerImports`. */
  readonly hostFunctions?: readonly ImportName[];
  /** `on`: code that runs for long regularly checks whether it must yield the thread. Not with `plain` memories. Default `off`. */
  readonly preemption?: 'on' | 'off';
  /** What `memory.grow` and `table.grow` do if they fail. Not with `plain` memories, which do as the instructions. Default `returned`: -1. */
  readonly growFailure?: GrowFailure | undefined;
};

/** A rewritten core module, whose state can be captured and restored. */
export type Rewritten = Effects &
  InstanceCost & {
    readonly bytes: Uint8Array;
    readonly memories: readonly ReachableMemory[];
    readonly tables: readonly ReachableTable[];
    /** The mutable globals. */
    readonly globals: readonly ReachableGlobal[];
    /** The data that the host must write to the memories before any code runs. Segments of defined memories are in bounds; check the others. */
    readonly dataSegments: readonly DataSegment[];
    /** The number of data segments that V8 still writes at instantiation, without marks, because their offsets are not constant. */
    readonly activeSegmentCount: number;
    /** The export to call after the data is written; `undefined` if there is none. */
    readonly startExport: string | undefined;
    readonly hasStart: boolean;
    /** The exported mutable i32 that the host sets to the base of the instance's slice. If present, the module imports `cards`. */
    readonly cardsExport: string | undefined;
    /** The functions that take one more operand, an externref: the caller. */
    readonly callerImports: readonly ImportName[];
    /** The exported mutable externref that the host sets to the caller, if any function takes it. */
    readonly callerExport: string | undefined;
    /** The exported mutable function reference that the host sets to the function called when the word is set. If present, the module imports `word`. */
    readonly interruptExport: string | undefined;
    /** Like `interruptExport`, for the function called before a memory grows. */
    readonly takePagesExport: string | undefined;
    /** Like `interruptExport`, for the function called before a table grows. */
    readonly takeElementsExport: string | undefined;
    /** Whether there may be structs and arrays, whose contents an image cannot capture. */
    readonly hasHeapTypes: boolean;
  };

const CARDS_IMPORT = 'cards';
const CARDS_EXPORT = `${RESERVED}:cards`;
const CALLER_EXPORT = `${RESERVED}:caller`;
const START_EXPORT = `${RESERVED}:start`;

/**
 * Rewrites a core module: exports its memories, tables and mutable globals, bounds its memories, and, if they are tracked, marks what it writes.
 *
 * `times` are the compile times of functions: those that take long begin with a check.
 *
 * Throws `HostError` with a byte offset if the module is malformed or uses unsupported features. Validation beyond the format is left to V8.
 */
export function rewriteModule(bytes: Uint8Array, options: RewriteOptions, times?: CompileTimes): Rewritten {
  const module = decodeCoreModule(bytes);
  checkExportNames(module);
  const memories = boundMemories(module, options);
  const { changes, functions, cardsGlobal, isFollowed } = planChanges(module, memories, options);
  const { helpers, callers } = changes;
  const globals = reachGlobals(module);
  const tables = boundTables(module, options);
  const accessExports = addGlobalAccess(helpers, globals);
  const code = new ByteWriter(codeCapacity(module));
  const { effects, unlikely } = rewriteCode(module, code, isFollowed ? { ...changes, times } : undefined);
  const usesCards = changes.marks === 'on' && memories.length > 0 && helpers.usesCards;
  const data = options.memory === 'tracked' ? takeDataSegments(module) : leaveDataSegments(module);
  const takesStart = options.memory !== 'plain' && module.startFunction !== undefined;
  const additions: Additions = {
    memories,
    // A table that no code writes need not be restored, and V8 keeps a second copy of the elements of a table that JavaScript can access.
    tables: effects.writesTables ? tables : [],
    tableMaxima: tables.map(({ limits }) => limits.maximum),
    globals,
    helpers: helpers.made,
    functionExports: accessExports,
    cards: usesCards ? { importName: CARDS_IMPORT, exportName: CARDS_EXPORT, global: cardsGlobal } : undefined,
    hasWord: functions.interrupt !== undefined,
    hostFunctions: listHostFunctions(functions),
    callers,
    callerExport: isFollowed ? CALLER_EXPORT : undefined,
    startExport: takesStart ? START_EXPORT : undefined,
    unlikely: unlikely.toReversed(),
    code,
    data: data.section,
  };
  return {
    ...effects,
    ...instanceCostOf(module),
    bytes: composeModule(module, additions),
    memories,
    tables,
    globals,
    dataSegments: data.segments,
    activeSegmentCount: data.activeCount,
    startExport: additions.startExport,
    hasStart: module.startFunction !== undefined,
    cardsExport: usesCards ? CARDS_EXPORT : undefined,
    callerImports: callers.imports.map(({ module: from, name }) => ({ module: from, name })),
    callerExport: additions.callerExport,
    interruptExport: functions.interrupt?.exportName,
    takePagesExport: functions.takePages?.exportName,
    takeElementsExport: functions.takeElements?.exportName,
    hasHeapTypes: module.types.includes(undefined),
  };
}

/** How bodies are changed, with the indices of what is added to the module. */
type Plan = {
  readonly changes: Omit<BodyChanges, 'times'>;
  readonly functions: HostFunctions;
  /** The index of the global with the base of the instance's slice of cards, if there is one. */
  readonly cardsGlobal: number;
  /** Whether bodies are changed at all. */
  readonly isFollowed: boolean;
};

/** Added memories come after the module's own, that of the word first; so do added globals, the caller first, the cards last. */
function planChanges(module: CoreModule, memories: readonly ReachableMemory[], options: RewriteOptions): Plan {
  const isGiven = options.memory !== 'plain' && memories.length > 0;
  const isPreempted = options.memory !== 'plain' && options.preemption === 'on';
  const growsTables = options.memory !== 'plain' && mayGrowTables(module);
  const isFollowed = isGiven || isPreempted || growsTables;
  const callers = new Callers(module, (isFollowed && options.hostFunctions) || []);
  const functions = placeHostFunctions(module, { isPreempted, isGiven, growsTables });
  const { interrupt, takePages, takeElements } = functions;
  const cardsGlobal = callers.global + (isFollowed ? 1 : 0) + listHostFunctions(functions).length;
  const place = {
    memory: memories.length + (isPreempted ? 1 : 0),
    base: cardsGlobal,
    maxPages: memories[0]?.limits.maximum ?? 0,
  };
  const marks = options.memory === 'tracked' ? 'on' : 'off';
  const helpers = new HelperFunctions(
    place,
    { marks, growFailure: options.growFailure },
    callers,
    module.functionTypes.length,
  );
  const checks = interrupt && new CheckEmitter({ memory: memories.length, func: helpers.interrupt(interrupt) });
  return { changes: { marks, helpers, callers, checks, takePages, takeElements }, functions, cardsGlobal, isFollowed };
}

/** The tables with their new maxima. */
function boundTables(module: CoreModule, { maxTableElements }: RewriteOptions): ReachableTable[] {
  return reachTables(module).map((table) => {
    const { initial, maximum } = table.limits;
    if (initial > maxTableElements) {
      const at = module.sections.byId.get(table.imported === undefined ? SECTION.table : SECTION.import)?.at ?? 0;
      throw beyondLimit(`a table of ${initial} elements, the limit is ${maxTableElements},`, at);
    }
    // An imported table has the limits of its exporter.
    if (table.imported !== undefined) return table;
    return { ...table, limits: { initial, maximum: Math.min(maximum ?? maxTableElements, maxTableElements) } };
  });
}

/** The memories with their new maxima. */
function boundMemories(module: CoreModule, { maxMemoryPages, memory }: RewriteOptions): ReachableMemory[] {
  const most = memory === 'tracked' ? Math.min(maxMemoryPages, MAX_TRACKED_PAGES) : maxMemoryPages;
  return reachMemories(module, memory).map((reachable) => {
    const { initial, maximum } = reachable.limits;
    if (initial > most) {
      const at = module.sections.byId.get(reachable.imported === undefined ? SECTION.memory : SECTION.import)?.at ?? 0;
      throw beyondLimit(`a memory of ${initial} pages, the limit is ${most},`, at);
    }
    return { ...reachable, limits: { initial, maximum: Math.min(maximum ?? most, most) } };
  });
}

function codeCapacity({ sections }: CoreModule): number {
  const section = sections.byId.get(SECTION.code);
  return section === undefined ? 0 : Math.ceil((section.end - section.at) * 1.1) + 4096;
}

/** Writes the bodies of the module's own functions, without their count. The last is rewritten first: most functions call later ones, which are known by then. */
function rewriteCode(module: CoreModule, output: ByteWriter, changes: BodyChanges | undefined): BodyRewriter {
  const bodies = new BodyRewriter(module, output, changes);
  const ranges = readBodies(module);
  const starts: number[] = [];
  for (let index = ranges.length - 1; index >= 0; index--) {
    const [at, end] = ranges[index] as Range;
    starts[index] = output.length;
    bodies.rewrite(at, end, module.importedFunctionCount + index);
  }
  putInOrder(output, starts);
  return bodies;
}

type Range = readonly [at: number, end: number];

/** The ranges of the bodies, in the module's order. */
function readBodies(module: CoreModule): Range[] {
  const ranges: Range[] = [];
  readVector(contentOf(module.bytes, module.sections, SECTION.code), (reader) => {
    const byteLength = reader.u32();
    const at = reader.at;
    reader.skip(byteLength);
    ranges.push([at, reader.at]);
  });
  const functions = module.functionTypes.length - module.importedFunctionCount;
  if (ranges.length === functions) return ranges;
  const at = module.sections.byId.get(SECTION.code)?.at ?? module.bytes.length;
  throw malformed(`${ranges.length} bodies for ${functions} functions`, at);
}

/** Reverses the order of what was written: `starts` are the positions, in the module's order, so the first is that written last. */
function putInOrder(output: ByteWriter, starts: readonly number[]): void {
  const written = output.written().slice();
  output.length = 0;
  for (const [index, start] of starts.entries()) output.copy(written, start, starts[index - 1] ?? written.length);
}
