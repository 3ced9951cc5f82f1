import type { CoreFunction } from '../../abi/canon.ts';
import type { LiftLowerContext, Realloc } from '../../abi/context.ts';
import type { GuestMemory, LinearMemory } from '../../abi/guest-memory.ts';
import { getterOf, setterOf } from '../../rewriter/emit/global-access.ts';
import { RESERVED } from '../../rewriter/layout.ts';
import type { CoreItem } from '../plan/plan.ts';
import { STEPS_TOGETHER, assertNotOver } from '../preemption.ts';
import type { BoundFunctions } from './bound-functions.ts';
import { TrackedMemory } from './cards.ts';
import { FloatGlobal, type MutableValue } from './float-global.ts';
import type { Linked } from './linked.ts';
import { OwnMemory } from './memory/own-memory.ts';
import type { MemoryData } from './memory/memory-data.ts';
import type { PreparedModule } from './prepared-module.ts';
import { fillReservedGlobals } from './reserved-globals.ts';
import { type SharingInstance, givenFunction } from './shared-functions.ts';
import type { ExportOf, GlobalExport, Imports, WiredStep } from './wiring.ts';

/** The core state of an instance: everything in it that a request can change. */
export interface CoreState {
  readonly memories: readonly TrackedMemory[];
  readonly globals: readonly MutableValue[];
  readonly tables: readonly WebAssembly.Table[];
}

/** The part of a `CoreState` that one step defines, with the places that it has there. */
export interface StepState {
  readonly memories: readonly (readonly [at: number, memory: TrackedMemory])[];
  readonly globals: readonly (readonly [at: number, global: MutableValue])[];
  readonly tables: readonly (readonly [at: number, table: WebAssembly.Table])[];
}

/** Told while core instances start that will start again. */
export interface StartListener {
  /** A module has been instantiated, and its start function has not run. */
  instantiated(state: StepState): void;
}

/** What the instantiation of a module writes to a table of another, besides its start function. */
interface Placement {
  readonly table: WebAssembly.Table;
  readonly index: number;
  readonly before: unknown;
  readonly after: unknown;
}

/** Data that a module writes to a memory of another when it is instantiated. */
interface Filling {
  readonly memory: TrackedMemory | undefined;
  readonly data: MemoryData;
}

/** A step that has been done once: what to do when it is done again on the same core instance. */
interface DoneStep {
  readonly placements: readonly Placement[];
  /** Data for memories of other modules, which their start functions may have changed before. */
  readonly fillings: readonly Filling[];
  readonly start: CoreFunction | undefined;
}

/** What core instances fill in when they start: the views of memories, and the contexts that need an allocator. */
export interface CanonicalParts {
  readonly contexts: readonly LiftLowerContext[];
  readonly guestMemories: readonly GuestMemory[];
}

/** The core instances of a component's instance. They use memories that outlive them, and are reused by the next start. */
export class CoreInstances<Ctx> {
  readonly memories: readonly TrackedMemory[];
  readonly #linked: Linked<Ctx>;
  readonly #caller: SharingInstance;
  readonly #parts: CanonicalParts;
  /** The core instances by step. */
  #exports: (WebAssembly.Exports | undefined)[] = [];
  /** What there is to do at each step when they start again; empty if they never do. */
  #done: DoneStep[] = [];
  #state: CoreState | undefined;
  /** The host functions for modules that do not pass their caller; created when such a module starts. */
  #bound: BoundFunctions | undefined;

  constructor(linked: Linked<Ctx>, caller: SharingInstance, parts: CanonicalParts) {
    this.#linked = linked;
    this.#caller = caller;
    this.#parts = parts;
    this.memories = linked.wiring.memories.map((size) => new TrackedMemory(linked.cards, size));
  }

  /** Instantiates the modules, and runs the start function of each before the next. With a `listener` they can start again. */
  start(listener?: StartListener): void {
    const { steps } = this.#linked.wiring;
    this.#exports = steps.map(() => undefined);
    for (const [index, step] of steps.entries()) {
      if (index > 0 && index % STEPS_TOGETHER === 0) assertNotOver(this.#caller);
      if (listener === undefined) this.#instantiate(step, index)?.();
      else this.#instantiateFor(listener, step, index);
    }
  }

  /**
   * Runs the start functions again, in their order, on the same core instances, whose state must have been restored to what the listener was told.
   * A start function finds in tables only what modules up to its own had put there.
   */
  startAgain(): void {
    const placed = this.#done.flatMap(({ placements }) => placements);
    for (const { table, index, before, after } of placed.toReversed()) {
      // Unless its image has restored what stood there before.
      if (table.get(index) === after) table.set(index, before);
    }
    for (const [number, { placements, fillings, start }] of this.#done.entries()) {
      if (number > 0 && number % STEPS_TOGETHER === 0) assertNotOver(this.#caller);
      for (const { table, index, after } of placements) table.set(index, after);
      for (const { memory, data } of fillings) data.writeTo(memory);
      start?.();
    }
  }

  /** Releases the instances, and resets their memories. */
  clear(): void {
    this.#exports = [];
    this.#done = [];
    this.#state = undefined;
    for (const context of this.#parts.contexts) context.realloc = undefined;
    for (const memory of this.#parts.guestMemories) memory.attach(undefined);
    for (const memory of this.memories) memory.clear();
  }

  /** The state to restore before another request, besides the handles. */
  get state(): CoreState {
    return (this.#state ??= this.#findState());
  }

  /** The core function, memory, table or global that `item` refers to. */
  item(item: CoreItem): unknown {
    if (item.from === 'export') return this.#export(item);
    const { functions, bind } = this.#linked;
    const given = givenFunction(functions, item);
    if (given === undefined) return undefined;
    this.#bound ??= bind(this.#caller);
    return this.#bound.get(given);
  }

  #export({ step, name }: ExportOf): unknown {
    return this.#exports[step]?.[name];
  }

  #findState(): CoreState {
    const { globals, tables } = this.#linked.wiring;
    return {
      memories: this.memories,
      globals: globals.map((global) => this.#global(global)),
      tables: tables.map((table) => this.#export(table) as WebAssembly.Table),
    };
  }

  #global({ step, name, access }: GlobalExport): MutableValue {
    if (access !== 'bits') return this.#export({ step, name }) as WebAssembly.Global;
    const [get, set] = [getterOf(name), setterOf(name)].map((func) => this.#export({ step, name: func }));
    return new FloatGlobal(get as () => unknown, set as (bits: unknown) => void);
  }

  #instantiateFor(listener: StartListener, step: WiredStep, at: number): void {
    const tables = this.#importedTables(step).map((table) => ({ table, elements: elementsOf(table) }));
    const start = this.#instantiate(step, at);
    const placements = tables.flatMap(({ table, elements }) => findPlacements(table, elements));
    this.#done.push({ placements, fillings: this.#foreignFillings(step, at), start });
    listener.instantiated(this.#stateOf(at));
    start?.();
  }

  #importedTables({ varying }: WiredStep): WebAssembly.Table[] {
    const items = Array.from(varying.values(), (imports) => imports.map(({ item }) => this.item(item))).flat();
    return items.filter((item) => item instanceof WebAssembly.Table);
  }

  #stateOf(at: number): StepState {
    const { steps, globals, tables } = this.#linked.wiring;
    const own = <Item extends ExportOf, Value>(items: readonly Item[], valueOf: (item: Item) => Value) =>
      items.flatMap((item, index) => (item.step === at ? [[index, valueOf(item)] as const] : []));
    return {
      memories: (steps[at] as WiredStep).recycled.map(({ index }) => [index, this.memories[index] as TrackedMemory]),
      globals: own(globals, (global) => this.#global(global)),
      tables: own(tables, (table) => this.#export(table) as WebAssembly.Table),
    };
  }

  /** Returns the start function, which is to run before the next step. */
  #instantiate(step: WiredStep, at: number): CoreFunction | undefined {
    const { module, rewritten } = step.prepared;
    const { exports } = new WebAssembly.Instance(module, this.#importsOf(step) as WebAssembly.Imports);
    this.#exports[at] = exports;
    const { contexts, guestMemories } = this.#parts;
    for (const { name, index } of step.memories) guestMemories[index]?.attach(this.#linear(exports[name]));
    for (const { name, index } of step.reallocs) {
      (contexts[index] as LiftLowerContext).realloc = exports[name] as Realloc;
    }
    this.#setHostGlobals(exports, rewritten);
    const memories = this.#memoriesOf(step, exports);
    for (const data of step.data) data.writeTo(memories[data.memory]);
    return rewritten.startExport === undefined ? undefined : (exports[rewritten.startExport] as CoreFunction);
  }

  #memoriesOf({ prepared: { rewritten } }: WiredStep, exports: WebAssembly.Exports): (TrackedMemory | undefined)[] {
    return rewritten.memories.map(({ exportName }) => this.#tracked(exports[exportName]));
  }

  /** The module's data for memories of other modules. */
  #foreignFillings(step: WiredStep, at: number): Filling[] {
    const memories = this.#memoriesOf(step, this.#exports[at] as WebAssembly.Exports);
    return step.data.flatMap((data) =>
      data.owner === 'another module' ? [{ memory: memories[data.memory], data }] : [],
    );
  }

  #importsOf({ fixed, varying, recycled }: WiredStep): Imports {
    const imports: Imports = { ...fixed };
    for (const [from, items] of varying) {
      const given = { ...fixed[from] };
      for (const { name, item } of items) given[name] = this.item(item);
      imports[from] = given;
    }
    const { cards, preemption } = this.#linked;
    const reserved: Record<string, unknown> = { cards: cards.memory, word: preemption?.memory };
    for (const { name, index } of recycled) reserved[name] = this.memories[index]?.memory;
    imports[RESERVED] = reserved;
    return imports;
  }

  #setHostGlobals(exports: WebAssembly.Exports, rewritten: PreparedModule['rewritten']): void {
    const first = this.#tracked(exports[rewritten.memories[0]?.exportName ?? '']);
    fillReservedGlobals(exports, rewritten, this.#caller, this.#linked.functions);
    if (rewritten.cardsExport !== undefined && first !== undefined) {
      (exports[rewritten.cardsExport] as WebAssembly.Global).value = first.base;
    }
  }

  /** One that the host does not provide is of a module that is not rewritten. */
  #linear(memory: unknown): LinearMemory | undefined {
    return this.#tracked(memory) ?? (memory instanceof WebAssembly.Memory ? new OwnMemory(memory) : undefined);
  }

  #tracked(memory: unknown): TrackedMemory | undefined {
    return this.memories.find((tracked) => tracked.memory === memory);
  }
}

function findPlacements(table: WebAssembly.Table, before: readonly unknown[]): Placement[] {
  return elementsOf(table).flatMap((after, index) =>
    after === before[index] ? [] : [{ table, index, before: before[index], after }],
  );
}

/** All elements of a table. */
export function elementsOf(table: WebAssembly.Table): unknown[] {
  return Array.from({ length: table.length }, (_, index): unknown => table.get(index));
}
