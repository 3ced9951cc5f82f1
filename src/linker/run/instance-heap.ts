import { LimitExceeded } from '../../util/trap.ts';
import type { InstanceCost } from '../../rewriter/analyse/instance-cost.ts';
import { HEAP_BYTES } from '../../rewriter/analyse/heap-bytes.ts';
import { HostError } from '../../util/host-error.ts';
import { describeTotalInstanceHeap, type InstanceLimits } from '../../util/limits.ts';
import type { Holding, SharedQuota } from '../../util/shared-quota.ts';
import { createBridge } from './bridge.ts';

/** Bytes of V8's heap that all instances may take together; `undefined` if there is no bound. */
export type HeapQuota = SharedQuota | undefined;

export type HeapLimits = Pick<
  InstanceLimits,
  'maxTableElements' | 'maxInstanceHeapBytes' | 'maxCoreInstances' | 'maxMemories'
>;

/** What an instance takes before any of its code runs. */
export type StartCost = Pick<InstanceCost, 'tableElements' | 'memoryCount' | 'heapBytes'>;

/** What core instances take together, including images of their tables, if any. Throws `HostError` if that is more than one instance may take. */
export function sumCosts(
  costs: readonly InstanceCost[],
  limits: HeapLimits,
  images: 'of tables' | 'none' = 'none',
): StartCost {
  const cost = costs.reduce<StartCost>((sum, one) => {
    return add(add(sum, one), { ...NOTHING, heapBytes: images === 'none' ? 0 : one.imageBytes });
  }, NOTHING);
  const { tableElements, memoryCount } = cost;
  const heapBytes = bytesOf(cost);
  const { maxTableElements, maxInstanceHeapBytes, maxCoreInstances, maxMemories } = limits;
  if (costs.length > maxCoreInstances) {
    const limit = `the limit is ${maxCoreInstances} (--limit core-instances)`;
    throw tooMuch(`an instance has ${costs.length} core instances, ${limit}`);
  }
  if (memoryCount > maxMemories) {
    throw tooMuch(`an instance has ${memoryCount} memories, the limit is ${maxMemories} (--limit memories)`);
  }
  if (tableElements > maxTableElements) {
    const limit = `the limit is ${maxTableElements} (--limit table-elements)`;
    throw tooMuch(`the tables of an instance have ${tableElements} elements in total, ${limit}`);
  }
  if (heapBytes > maxInstanceHeapBytes) {
    const limit = `the limit is ${maxInstanceHeapBytes} (--limit instance-heap-bytes)`;
    const what = `the tables, memories, exports, functions and initial values of an instance (${costs.length} modules)`;
    throw tooMuch(`${what} take ${heapBytes} bytes of V8's heap, ${limit}`);
  }
  return cost;
}

function add(one: StartCost, other: StartCost): StartCost {
  return {
    tableElements: one.tableElements + other.tableElements,
    memoryCount: one.memoryCount + other.memoryCount,
    heapBytes: one.heapBytes + other.heapBytes,
  };
}

/** The total of V8's heap. */
function bytesOf({ memoryCount, heapBytes }: StartCost): number {
  if (memoryCount === 0) return heapBytes;
  return heapBytes + HEAP_BYTES.memory + (memoryCount - 1) * HEAP_BYTES.furtherMemory;
}

function tooMuch(message: string): HostError {
  return new HostError('bad-component', `${message}; raise the limit, or build the guest to need less`);
}

/** An instance whose modules ask before tables grow. */
export interface GrowingTables {
  /** Takes this many elements for tables, if allowed. A negative number gives some back. */
  takeElements(count: number): boolean;
}

/** Creates the function, one for all instances, that modules call before they make a table grow. */
export function createTakeElements(): WebAssembly.ExportValue {
  const [created] = createBridge([{ params: ['i32'], results: ['i32'], func: takeElements }]);
  return created as WebAssembly.ExportValue;
}

function takeElements(count: number, caller: GrowingTables): number {
  return Number(caller.takeElements(count));
}

/** What an instance takes of V8's heap, as far as it is known before the instance is created and before its tables grow. */
export class InstanceHeap implements GrowingTables {
  readonly #holding: Holding | undefined;
  readonly #limits: HeapLimits;
  #start: StartCost = NOTHING;
  #grown = 0;

  /** The quota is held as long as `owner` lives. */
  constructor(quota: HeapQuota, limits: HeapLimits, owner: object) {
    this.#holding = quota?.hold(owner);
    this.#limits = limits;
  }

  /** The instance, or a part of it, is about to start, at an additional cost. Throws `HostError` if there is no room; traps beyond the limits. */
  start(cost: StartCost): void {
    this.#start = add(this.#start, cost);
    const { maxTableElements, maxInstanceHeapBytes } = this.#limits;
    if (this.#elements > maxTableElements) throw new LimitExceeded('maxTableElements', 'too many elements of tables');
    if (bytesOf(this.#start) > maxInstanceHeapBytes)
      throw new LimitExceeded('maxInstanceHeapBytes', "too much of V8's heap for core instances");
    if (!this.#hold()) throw noRoom(this.#holding as Holding);
  }

  takeElements(count: number): boolean {
    if (this.#elements + count > this.#limits.maxTableElements) return false;
    this.#grown += count;
    if (this.#hold()) return true;
    this.#grown -= count;
    return false;
  }

  /** Its core instances are gone. */
  end(): void {
    this.#start = NOTHING;
    this.#grown = 0;
    this.#hold();
  }

  get #elements(): number {
    return this.#start.tableElements + this.#grown;
  }

  #hold(): boolean {
    const holding = this.#holding;
    const bytes = bytesOf(this.#start) + this.#grown * HEAP_BYTES.functionElement;
    return holding === undefined || holding.quota.resize(holding, bytes);
  }
}

const NOTHING: StartCost = Object.freeze({ tableElements: 0, memoryCount: 0, heapBytes: 0 });

function noRoom({ quota }: Holding): HostError {
  const cause = new LimitExceeded('maxTotalInstanceHeapBytes', 'the core instances of all guests');
  return new HostError('overloaded', `no guest can start: ${describeTotalInstanceHeap(quota.max)}`, { cause });
}
