import { BodyRewriter, type BodyChanges } from './body-rewriter.ts';
import { ByteWriter } from '../wasm/byte-writer.ts';
import { Callers } from './emit/callers.ts';
import { CheckEmitter } from './emit/check-emitter.ts';
import { contentOf, type CoreModule, decodeCoreModule, type ImportName, readVector } from './core-module.ts';
import { type DataSegment, leaveDataSegments, takeDataSegments } from './emit/data-segments.ts';
import type { Effects } from './analyse/effects.ts';
import { HelperFunctions } from './emit/helper-functions.ts';
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
  /** Pages of 64 KiB beyond which no memory grows. */
  readonly maxMemoryPages: number;
  /** Elements beyond which no table grows. */
  readonly maxTableElements: number;
  /**
   * `tracked`: the host gives the memories and what is in them, and stores to memory 0 mark the pages they write. `given`: the host gives
   * the memories. With both it is asked before they grow, and calls the start function. `plain`: the module keeps its memories, its data and its start function.
   */
  readonly memory: MemoryMode;
  /** The functions that the host gives. They take the caller too where the memories are tracked; see `callerImports`. */
  readonly hostFunctions?: readonly ImportName[];
  /** `on`: what runs without end looks again and again whether somebody else wants the thread. Not with `plain` memories. Default `off`. */
  readonly preemption?: 'on' | 'off';
};

/** A core module made ready for images to be taken and restored. */
export type Rewritten = Effects &
  InstanceCost & {
    readonly bytes: Uint8Array;
    readonly memories: readonly ReachableMemory[];
    readonly tables: readonly ReachableTable[];
    /** The mutable ones. */
    readonly globals: readonly ReachableGlobal[];
    /** What the host must write into the memories before anything runs. Those of defined memories are in bounds; check the others. */
    readonly dataSegments: readonly DataSegment[];
    /** How many data segments are still written at instantiation, unmarked, because their offset is not constant. */
    readonly activeSegmentCount: number;
    /** The export to call after the data is written, or `undefined` where nothing is to be called. */
    readonly startExport: string | undefined;
    readonly hasStart: boolean;
    /** The export of the mutable i32 that the host sets to where the instance's slice begins; with it comes the import `cards`. */
    readonly cardsExport: string | undefined;
    /** The functions that take one more operand, an externref: the caller. */
    readonly callerImports: readonly ImportName[];
    /** The export of the mutable externref that the host sets to the caller, if any function takes it. */
    readonly callerExport: string | undefined;
    /** The export of the mutable function reference that the host sets to what is called where the word is set; with it comes the import `word`. */
    readonly interruptExport: string | undefined;
    /** As `interruptExport`, for what is called before V8 is asked for pages. */
    readonly takePagesExport: string | undefined;
    /** As `interruptExport`, for what is called before V8 is asked for elements of a table. */
    readonly takeElementsExport: string | undefined;
    /** Whether there may be structs and arrays, whose contents no image holds. */
    readonly hasHeapTypes: boolean;
  };

const CARDS_IMPORT = 'cards';
const CARDS_EXPORT = `${RESERVED}:cards`;
const CALLER_EXPORT = `${RESERVED}:caller`;
const START_EXPORT = `${RESERVED}:start`;

/**
 * Rewrites a core module: exports its memories, tables and mutable globals, bounds its memories and, where they are tracked, marks what it writes.
 *
 * `times` says how long functions take to compile: those that take long begin with a check.
 *
 * Throws `HostError` with a byte offset where the module is malformed or uses what is not supported. What is wrong beyond its form is left to V8.
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
    // A table that no code writes needs no restoring. V8 keeps what it holds a second time for a table that JavaScript can reach.
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

/** What bodies are changed with, and where it finds what is added to the module. */
type Plan = {
  readonly changes: Omit<BodyChanges, 'times'>;
  readonly functions: HostFunctions;
  /** Index of the global that holds where the instance's slice of cards begins, if there is one. */
  readonly cardsGlobal: number;
  /** Whether bodies are changed at all. */
  readonly isFollowed: boolean;
};

/** The memories that are added come after the module's own, the word's first; so do the globals, the caller first, the cards last. */
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
  const helpers = new HelperFunctions(place, marks, callers, module.functionTypes.length);
  const checks = interrupt && new CheckEmitter({ memory: memories.length, func: helpers.interrupt(interrupt) });
  return { changes: { marks, helpers, callers, checks, takePages, takeElements }, functions, cardsGlobal, isFollowed };
}

/** The tables with the maxima that they will have. */
function boundTables(module: CoreModule, { maxTableElements }: RewriteOptions): ReachableTable[] {
  return reachTables(module).map((table) => {
    const { initial, maximum } = table.limits;
    if (initial > maxTableElements) {
      const at = module.sections.byId.get(table.imported === undefined ? SECTION.table : SECTION.import)?.at ?? 0;
      throw beyondLimit(`a table of ${initial} elements, where ${maxTableElements} are allowed,`, at);
    }
    // The limits of an imported table are its exporter's.
    if (table.imported !== undefined) return table;
    return { ...table, limits: { initial, maximum: Math.min(maximum ?? maxTableElements, maxTableElements) } };
  });
}

/** The memories with the maxima that they will have. */
function boundMemories(module: CoreModule, { maxMemoryPages, memory }: RewriteOptions): ReachableMemory[] {
  const most = memory === 'tracked' ? Math.min(maxMemoryPages, MAX_TRACKED_PAGES) : maxMemoryPages;
  return reachMemories(module, memory).map((reachable) => {
    const { initial, maximum } = reachable.limits;
    if (initial > most) {
      const at = module.sections.byId.get(reachable.imported === undefined ? SECTION.memory : SECTION.import)?.at ?? 0;
      throw beyondLimit(`a memory of ${initial} pages, where ${most} are allowed,`, at);
    }
    return { ...reachable, limits: { initial, maximum: Math.min(maximum ?? most, most) } };
  });
}

function codeCapacity({ sections }: CoreModule): number {
  const section = sections.byId.get(SECTION.code);
  return section === undefined ? 0 : Math.ceil((section.end - section.at) * 1.1) + 4096;
}

/** Writes the bodies of the module's own functions, without their count. The last is rewritten first: most functions call such as come later, of which all is known then. */
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

/** Where the bodies are, in the module's order. */
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

/** Turns the order of what was written around: `starts` says where each begins, the first where the last was written. */
function putInOrder(output: ByteWriter, starts: readonly number[]): void {
  const written = output.written().slice();
  output.length = 0;
  for (const [index, start] of starts.entries()) output.copy(written, start, starts[index - 1] ?? written.length);
}
