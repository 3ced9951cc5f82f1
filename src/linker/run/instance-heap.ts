import { LimitExceeded } from '../../util/trap.ts';
import type { InstanceCost } from '../../rewriter/analyse/instance-cost.ts';
import { HEAP_BYTES } from '../../rewriter/analyse/heap-bytes.ts';
import { HostError } from '../../util/host-error.ts';
import { describeTotalInstanceHeap, type InstanceLimits } from '../../util/limits.ts';
import type { Holding, SharedQuota } from '../../util/shared-quota.ts';
import { createBridge } from './bridge.ts';

/** Bytes of V8's heap that all instances may take together; `undefined` where there is no bound. */
export type HeapQuota = SharedQuota | undefined;

export type HeapLimits = Pick<InstanceLimits, 'maxTableElements' | 'maxInstanceHeapBytes'>;

/** What an instance takes before anything runs. */
export type StartCost = Pick<InstanceCost, 'tableElements' | 'memoryCount' | 'heapBytes'>;

/** What core instances take together, the images of their tables too where they have any. Throws `HostError` where that is more than one instance may. */
export function sumCosts(
  costs: readonly InstanceCost[],
  limits: HeapLimits,
  images: 'of tables' | 'none' = 'none',
): StartCost {
  const cost = costs.reduce<StartCost>((sum, one) => {
    return add(add(sum, one), { ...NOTHING, heapBytes: images === 'none' ? 0 : one.imageBytes });
  }, NOTHING);
  const { tableElements } = cost;
  const heapBytes = bytesOf(cost);
  const { maxTableElements, maxInstanceHeapBytes } = limits;
  if (tableElements > maxTableElements) {
    const option = `${maxTableElements} are allowed (--limit table-elements)`;
    throw tooMuch(`the tables of an instance have ${tableElements} elements together, where ${option}`);
  }
  if (heapBytes > maxInstanceHeapBytes) {
    const option = `${maxInstanceHeapBytes} are allowed (--limit instance-heap-bytes)`;
    const what = `the tables, memories, exports, functions and first values of an instance, of ${costs.length} modules,`;
    throw tooMuch(`${what} take ${heapBytes} bytes of V8's heap, where ${option}`);
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

/** Of V8's heap, all together. */
function bytesOf({ memoryCount, heapBytes }: StartCost): number {
  if (memoryCount === 0) return heapBytes;
  return heapBytes + HEAP_BYTES.memory + (memoryCount - 1) * HEAP_BYTES.furtherMemory;
}

function tooMuch(message: string): HostError {
  return new HostError('bad-component', `${message}; permit more, or build the guest to ask for less`);
}

/** An instance whose tables ask before they grow. */
export interface GrowingTables {
  /** Whether they may by so many elements together. A number below none gives some back. */
  takeElements(count: number): boolean;
}

/** The function that modules call before they ask V8 for elements of a table: one for all instances. */
export function createTakeElements(): WebAssembly.ExportValue {
  const [created] = createBridge([{ params: ['i32'], results: ['i32'], func: takeElements }]);
  return created as WebAssembly.ExportValue;
}

function takeElements(count: number, caller: GrowingTables): number {
  return Number(caller.takeElements(count));
}

/** What an instance takes of V8's heap as far as that is known: before it is made, and before its tables grow. */
export class InstanceHeap implements GrowingTables {
  readonly #holding: Holding | undefined;
  readonly #limits: HeapLimits;
  #start: StartCost = NOTHING;
  #grown = 0;

  /** Held as long as `owner` lives. */
  constructor(quota: HeapQuota, limits: HeapLimits, owner: object) {
    this.#holding = quota?.hold(owner);
    this.#limits = limits;
  }

  /** The instance is about to start, or a part of it, at a cost beside what it has. Throws `HostError` where there is no room, and traps beyond the limits. */
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
