import { DEFAULT_LIMITS } from '../util/limits.ts';
import type { ComponentInstance } from './component-instance.ts';
import { checkWritable, type GuestMemory } from './guest-memory.ts';
import type { BorrowCounter, ResourceHandle } from './handle-table.ts';
import { LimitExceeded, Trap } from '../util/trap.ts';

/** The canonical options that are known before there is an instance. */
export interface CanonicalOptions {
  readonly stringEncoding: 'utf8' | 'utf16' | 'latin1+utf16';
}

/** The guest's allocator, with unsigned or signed 32-bit integers. */
export type Realloc = (oldPtr: number, oldSize: number, alignment: number, newSize: number) => number;

/** The parts of a `LiftLowerContext`. */
export interface ContextOptions {
  readonly opts: CanonicalOptions;
  readonly inst: ComponentInstance;
  readonly memory: GuestMemory;
  readonly realloc?: Realloc | undefined;
  /** The budget of a call, so that a small guest cannot make the host allocate much. */
  readonly maxCallBytes?: number;
}

/**
 * The state for lifting and lowering, shared by the functions of one component instance that have the same canonical options.
 *
 * It is reused by every call. That is safe because calls can only nest: an instance in which a call waits is not re-entered.
 *
 * Source: `LiftLowerContext`.
 */
export class LiftLowerContext {
  readonly opts: CanonicalOptions;
  readonly inst: ComponentInstance;
  readonly memory: GuestMemory;
  /** Set later, because it may not exist yet when the context is created. */
  realloc: Realloc | undefined;
  readonly borrowScope = new BorrowScope();
  readonly maxCallBytes: number;
  /** How many more bytes the call may copy. */
  budget: number;
  /** The length for the pointer returned by the last store of a string or list. */
  lengthStored = 0;

  constructor(options: ContextOptions) {
    this.opts = options.opts;
    this.inst = options.inst;
    this.memory = options.memory;
    this.realloc = options.realloc;
    this.maxCallBytes = options.maxCallBytes ?? DEFAULT_LIMITS.maxCallBytes;
    this.budget = this.maxCallBytes;
  }

  /** Must be called before values are lifted: refills the budget, and refreshes the views. */
  startLift(): void {
    this.budget = this.maxCallBytes;
    this.memory.refresh();
  }

  /** Takes `bytes` from the budget; traps if it is exhausted. */
  charge(bytes: number): void {
    this.budget -= bytes;
    if (this.budget < 0) throw this.#overBudget();
  }

  #overBudget(): LimitExceeded {
    return new LimitExceeded('maxCallBytes', `one call passes more than ${this.maxCallBytes} bytes to the host`);
  }

  /** Allocates memory in the guest, checks it, and marks it as written. The views are fresh afterwards. Source: `allocate`. */
  allocate(alignment: number, byteLength: number): number {
    const { inst, memory, realloc } = this;
    if (realloc === undefined) throw new Trap('a value needs memory, but the function has no realloc option');
    inst.mayLeave = false;
    const ptr = realloc(0, 0, alignment, byteLength) >>> 0;
    inst.mayLeave = true;
    memory.refresh();
    checkWritable(memory, ptr, byteLength, alignment);
    return ptr;
  }

  /** Resets it after a request. */
  reset(): void {
    this.borrowScope.reset();
    this.budget = this.maxCallBytes;
    this.lengthStored = 0;
  }
}

/** Beyond this many lends, the list is not kept for the next request. */
const LENDERS_ROOM = 2;

/**
 * The borrows of a call: those lowered into it, and those that the caller lends until it returns.
 *
 * Source: `num_borrows` of `Task`, `lenders` of `Subtask`.
 */
class BorrowScope implements BorrowCounter {
  numBorrows = 0;
  /** Preallocated for as many as most calls borrow: an array that grows from empty reserves room for 17. */
  readonly #lenders: (ResourceHandle | undefined)[] = [undefined, undefined];
  #lends = 0;

  /** How many handles are lent; pass it to `endLends` to end those lent later. */
  get lends(): number {
    return this.#lends;
  }

  /** Source: `add_lender`. */
  addLender(handle: ResourceHandle): void {
    handle.numLends++;
    this.#lenders[this.#lends++] = handle;
  }

  /** Ends the lends made since there were `lends` of them. Source: `deliver_resolve`. */
  endLends(lends: number): void {
    while (this.#lends > lends) {
      const handle = this.#lenders[--this.#lends];
      if (handle !== undefined) handle.numLends--;
    }
  }

  /** Traps if the callee still holds a borrow. Source: `return_` of `Task`. */
  checkDropped(): void {
    if (this.numBorrows > 0) throw new Trap(`${this.numBorrows} borrowed handles were not dropped before returning`);
  }

  /** Resets it, without keeping references to lent handles. */
  reset(): void {
    this.numBorrows = 0;
    this.#lends = 0;
    if (this.#lenders.length > LENDERS_ROOM) this.#lenders.length = LENDERS_ROOM;
    if (this.#lenders[0] !== undefined) this.#lenders.fill(undefined);
  }
}
