import { DEFAULT_LIMITS } from '../util/limits.ts';
import { LimitExceeded, Trap } from '../util/trap.ts';
import type { ResourceType } from './types.ts';

/** Handles kept for the next request after `reset`; the rest is left to the garbage collector. */
const MAX_KEPT_HANDLES = 1024;

/** What a handle takes of the host's memory, with what is behind most: an object with its listeners, and the timer of one that waits. */
const HANDLE_HELD_BYTES = 512;
/** So many are there for nothing: most requests have fewer. Beyond, they are paid for by the block. */
const FREE_HANDLES = 64;
const BLOCK_HANDLES = 256;

/** Counts the live handles of all tables that share it. */
export class HandleQuota {
  readonly max: number;
  live = 0;
  readonly #pay: (bytes: number) => void;
  /** Up to so many are paid for, be they there still or not: tables do not shrink. */
  #paid: number;

  /** `pay` is called before the host holds so many bytes for handles, and throws when it may not. */
  constructor(max: number = DEFAULT_LIMITS.maxHandles, pay: (bytes: number) => void = () => {}) {
    this.max = max;
    this.#pay = pay;
    this.#paid = Math.min(max, FREE_HANDLES);
  }

  /** Counts one more. Traps beyond the quota. */
  take(): void {
    if (this.live >= this.#paid) this.#payForMore();
    this.live++;
  }

  /** A table of so many live handles has been emptied. */
  forget(live: number): void {
    this.live -= live;
    if (this.live === 0) this.#paid = Math.min(this.max, FREE_HANDLES);
  }

  #payForMore(): void {
    const handles = Math.min(BLOCK_HANDLES, this.max - this.#paid);
    if (handles === 0) throw new LimitExceeded('maxHandles', `more than ${this.max} resource handles`);
    this.#pay(handles * HANDLE_HELD_BYTES);
    this.#paid += handles;
  }
}

/** What a borrow counts on: the call in which it was lowered. Source: `num_borrows` of `Task`. */
export interface BorrowCounter {
  numBorrows: number;
}

/** An entry of a `HandleTable`; free where `type` is undefined. Source: `ResourceHandle`. */
export class ResourceHandle {
  type: ResourceType | undefined = undefined;
  /** The host's object, or the number by which the defining component knows the resource. */
  rep: unknown = undefined;
  /** The call that has to see the handle dropped. Defined for a borrow, undefined for an own. */
  borrowScope: BorrowCounter | undefined = undefined;
  /** How many calls borrow through this handle now; it cannot be dropped or given away while they do. */
  numLends = 0;
  /** The next entry of the free list; 0 ends it. */
  nextFree = 0;
}

/** The entry 0 of all tables, which is never used. */
const UNUSED = Object.freeze(new ResourceHandle());
/** Room for as many handles as most requests have at a time: a list that grows takes room for 17 more. */
const ROOM = 7;
const NO_HANDLES: readonly (ResourceHandle | undefined)[] = Object.freeze([
  UNUSED,
  ...Array.from({ length: ROOM }, () => undefined),
]);

/**
 * The handles of one component instance. Indices start at 1; the one freed last is used first.
 *
 * Entries stay and are used again, so that a request allocates none once an earlier one has.
 *
 * Source: `Table` and `ResourceHandle`.
 */
export class HandleTable {
  readonly #quota: HandleQuota;
  #entries = NO_HANDLES.slice();
  #length = 1;
  #firstFree = 0;
  #live = 0;

  constructor(quota: HandleQuota = new HandleQuota()) {
    this.#quota = quota;
  }

  /** How many handles there are. */
  get size(): number {
    return this.#live;
  }

  /** Adds a handle, an own without `borrowScope`; returns its index. Traps beyond the quota. */
  add(type: ResourceType, rep: unknown, borrowScope?: BorrowCounter): number {
    this.#quota.take();
    const index = this.#firstFree !== 0 ? this.#firstFree : this.#length;
    const handle = this.#take(index);
    handle.type = type;
    handle.rep = rep;
    handle.borrowScope = borrowScope;
    this.#live++;
    return index;
  }

  /** The handle at `index`, any 32-bit integer. Traps if there is none, or none of `type`. */
  get(index: number, type: ResourceType): ResourceHandle {
    const i = index >>> 0;
    const handle = i < this.#length ? this.#entries[i] : undefined;
    if (handle === undefined || handle.type !== type) return trapNoHandle(handle, i, type);
    return handle;
  }

  /** Ends the handle at `index` and returns its rep. Traps as `get` does, and while it is lent. */
  remove(index: number, type: ResourceType): unknown {
    const handle = this.get(index, type);
    if (handle.numLends !== 0) throw new Trap(`handle ${index >>> 0}, a ${type.name}, is lent`);
    const { rep } = handle;
    handle.type = undefined;
    handle.rep = undefined;
    handle.borrowScope = undefined;
    handle.nextFree = this.#firstFree;
    this.#firstFree = index >>> 0;
    this.#quota.live--;
    this.#live--;
    return rep;
  }

  /** As new: no handle, and the next index is 1. Reps are let go of, not disposed. */
  reset(): void {
    const kept = Math.min(this.#length, MAX_KEPT_HANDLES);
    for (let i = 1; i < kept; i++) clear(this.#entries[i]);
    if (this.#entries.length > MAX_KEPT_HANDLES) this.#entries.length = MAX_KEPT_HANDLES;
    this.#quota.forget(this.#live);
    this.#live = 0;
    this.#length = 1;
    this.#firstFree = 0;
  }

  #take(index: number): ResourceHandle {
    const handle = (this.#entries[index] ??= new ResourceHandle());
    if (index === this.#length) this.#length++;
    else this.#firstFree = handle.nextFree;
    return handle;
  }
}

function clear(handle: ResourceHandle | undefined): void {
  if (handle === undefined) return;
  handle.type = undefined;
  handle.rep = undefined;
  handle.borrowScope = undefined;
  handle.numLends = 0;
  handle.nextFree = 0;
}

function trapNoHandle(handle: ResourceHandle | undefined, index: number, type: ResourceType): never {
  if (handle?.type === undefined) throw new Trap(`there is no handle ${index}; a ${type.name} was expected`);
  throw new Trap(`handle ${index} is a ${handle.type.name}, not a ${type.name}`);
}
