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

/** What a `LiftLowerContext` is made of. */
export interface ContextOptions {
  readonly opts: CanonicalOptions;
  readonly inst: ComponentInstance;
  readonly memory: GuestMemory;
  readonly realloc?: Realloc | undefined;
  /** So that a small guest cannot make a large host. */
  readonly maxCallBytes?: number;
}

/**
 * What lifting and lowering needs, for the functions of one component instance that share canonical options.
 *
 * Used again by every call. Calls nest at most: an instance in which a call waits is not entered again.
 *
 * Source: `LiftLowerContext`.
 */
export class LiftLowerContext {
  readonly opts: CanonicalOptions;
  readonly inst: ComponentInstance;
  readonly memory: GuestMemory;
  /** Late too: it may not exist yet when the context is made. */
  realloc: Realloc | undefined;
  readonly borrowScope = new BorrowScope();
  readonly maxCallBytes: number;
  /** Bytes that the call may still copy. */
  budget: number;
  /** The length that belongs to the pointer which the last store of a string or a list returned. */
  lengthStored = 0;

  constructor(options: ContextOptions) {
    this.opts = options.opts;
    this.inst = options.inst;
    this.memory = options.memory;
    this.realloc = options.realloc;
    this.maxCallBytes = options.maxCallBytes ?? DEFAULT_LIMITS.maxCallBytes;
    this.budget = this.maxCallBytes;
  }

  /** Before values are lifted: a full budget, and views that are not stale. */
  startLift(): void {
    this.budget = this.maxCallBytes;
    this.memory.refresh();
  }

  /** Takes `bytes` from the budget; traps when it is spent. */
  charge(bytes: number): void {
    this.budget -= bytes;
    if (this.budget < 0) throw this.#overBudget();
  }

  #overBudget(): LimitExceeded {
    return new LimitExceeded('maxCallBytes', `more than ${this.maxCallBytes} bytes passed to the host in one call`);
  }

  /** New memory from the guest, checked and marked as written. Views are fresh afterwards. Source: `allocate`. */
  allocate(alignment: number, byteLength: number): number {
    const { inst, memory, realloc } = this;
    if (realloc === undefined) throw new Trap('a value needs memory, and the function has no realloc');
    inst.mayLeave = false;
    const ptr = realloc(0, 0, alignment, byteLength) >>> 0;
    inst.mayLeave = true;
    memory.refresh();
    checkWritable(memory, ptr, byteLength, alignment);
    return ptr;
  }

  /** As new: after a request. */
  reset(): void {
    this.borrowScope.reset();
    this.budget = this.maxCallBytes;
    this.lengthStored = 0;
  }
}

/** Beyond so many lends there is no room kept for the next request. */
const LENDERS_ROOM = 2;

/**
 * The borrows of a call: those lowered into it, and those that the caller lends until it returns.
 *
 * Source: `num_borrows` of `Task`, `lenders` of `Subtask`.
 */
class BorrowScope implements BorrowCounter {
  numBorrows = 0;
  /** With room for what most calls borrow: a list that grows from nothing takes room for 17. */
  readonly #lenders: (ResourceHandle | undefined)[] = [undefined, undefined];
  #lends = 0;

  /** How many handles are lent: what `endLends` takes to end the lends that come after. */
  get lends(): number {
    return this.#lends;
  }

  /** Source: `add_lender`. */
  addLender(handle: ResourceHandle): void {
    handle.numLends++;
    this.#lenders[this.#lends++] = handle;
  }

  /** Ends the lends made since there were `lends`. Source: `deliver_resolve`. */
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

  /** As new. Who lent is let go of. */
  reset(): void {
    this.numBorrows = 0;
    this.#lends = 0;
    if (this.#lenders.length > LENDERS_ROOM) this.#lenders.length = LENDERS_ROOM;
    if (this.#lenders[0] !== undefined) this.#lenders.fill(undefined);
  }
}
