import { PAGE_BYTES } from '../../wasm/page-bytes.ts';
import type { CoreFunction } from '../../abi/canon.ts';
import type { LiftLowerContext, Realloc } from '../../abi/context.ts';
import type { GuestMemory } from '../../abi/guest-memory.ts';
import { Trap } from '../../util/trap.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';
import { getterOf, setterOf } from '../../rewriter/emit/global-access.ts';
import { RESERVED } from '../../rewriter/layout.ts';
import type { CoreItem } from '../plan/plan.ts';
import { STEPS_TOGETHER, assertNotOver } from '../preemption.ts';
import type { BoundFunctions } from './bound-functions.ts';
import { TrackedMemory } from './cards.ts';
import { FloatGlobal, type MutableValue } from './float-global.ts';
import type { Linked } from './linked.ts';
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
  #state: CoreState | undefined;
  /** The host functions for modules that do not pass their caller; created when such a module starts. */
  #bound: BoundFunctions | undefined;

  constructor(linked: Linked<Ctx>, caller: SharingInstance, parts: CanonicalParts) {
    this.#linked = linked;
    this.#caller = caller;
    this.#parts = parts;
    this.memories = linked.wiring.memories.map((size) => new TrackedMemory(linked.cards, size));
  }

  /** Instantiates the modules, in their order. */
  start(): void {
    const { steps } = this.#linked.wiring;
    this.#exports = steps.map(() => undefined);
    for (const [index, step] of steps.entries()) {
      if (index > 0 && index % STEPS_TOGETHER === 0) assertNotOver(this.#caller);
      this.#instantiate(step, index);
    }
  }

  /** Releases the instances, and resets their memories. */
  clear(): void {
    this.#exports = [];
    this.#state = undefined;
    for (const context of this.#parts.contexts) context.realloc = undefined;
    for (const memory of this.#parts.guestMemories) memory.attach(undefined);
    for (const memory of this.memories) memory.restore(NO_BYTES, memory.initialPages);
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

  #instantiate(step: WiredStep, at: number): void {
    const { module, rewritten } = step.prepared;
    const { exports } = new WebAssembly.Instance(module, this.#importsOf(step) as WebAssembly.Imports);
    this.#exports[at] = exports;
    const { contexts, guestMemories } = this.#parts;
    for (const { name, index } of step.memories) guestMemories[index]?.attach(this.#tracked(exports[name]));
    for (const { name, index } of step.reallocs) {
      (contexts[index] as LiftLowerContext).realloc = exports[name] as Realloc;
    }
    this.#initialise(exports, rewritten);
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

  /** The rest of instantiation after linking: the host's globals, data segments, the start function. */
  #initialise(exports: WebAssembly.Exports, rewritten: PreparedModule['rewritten']): void {
    const memories = rewritten.memories.map(({ exportName }) => this.#tracked(exports[exportName]));
    const [first] = memories;
    fillReservedGlobals(exports, rewritten, this.#caller, this.#linked.functions);
    if (rewritten.cardsExport !== undefined && first !== undefined) {
      (exports[rewritten.cardsExport] as WebAssembly.Global).value = first.base;
    }
    for (const { memory, offset, bytes } of rewritten.dataSegments) {
      const target = memories[memory];
      if (target === undefined || offset + bytes.byteLength > target.reportedPages * PAGE_BYTES) {
        throw new Trap('a data segment does not fit in the memory');
      }
      target.bytes.set(bytes, offset);
      target.mark(offset, bytes.byteLength);
    }
    if (rewritten.startExport !== undefined) (exports[rewritten.startExport] as CoreFunction)();
  }

  #tracked(memory: unknown): TrackedMemory | undefined {
    return this.memories.find((tracked) => tracked.memory === memory);
  }
}
