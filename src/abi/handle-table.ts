import { DEFAULT_LIMITS } from '../util/limits.ts';
import { LimitExceeded, Trap } from '../util/trap.ts';
import type { ResourceType } from './types.ts';

/** How many handles are kept for the next request after `reset`; the rest is left to the garbage collector. */
const MAX_KEPT_HANDLES = 1024;

/** The host memory that a handle takes, including what is behind most of them: an object with its listeners, and the timer of a waiting one. */
const HANDLE_HELD_BYTES = 512;
/** This many handles are free of charge: most requests have fewer. Beyond that, they are charged in blocks. */
const FREE_HANDLES = 64;
const BLOCK_HANDLES = 256;

/** Counts the live handles of all tables that share it. */
export class HandleQuota {
  readonly max: number;
  live = 0;
  readonly #pay: (bytes: number) => void;
  /** How many handles have been charged, whether or not they still exist: tables do not shrink. */
  #paid: number;

  /** `pay` is called before the host holds more bytes for handles, and throws if it must not. */
  constructor(max: number = DEFAULT_LIMITS.maxHandles, pay: (bytes: number) => void = () => {}) {
    this.max = max;
    this.#pay = pay;
    this.#paid = Math.min(max, FREE_HANDLES);
  }

  /** Counts a handle. Traps beyond the quota. */
  take(): void {
    if (this.live >= this.#paid) this.#payForMore();
    this.live++;
  }

  /** A table with this many live handles has been emptied. */
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

/** Counts the borrows lowered in a call. Source: `num_borrows` of `Task`. */
export interface BorrowCounter {
  numBorrows: number;
}

/** An entry of a `HandleTable`; free if `type` is undefined. Source: `ResourceHandle`. */
export class ResourceHandle {
  type: ResourceType | undefined = undefined;
  /** The host's object, or the defining component's number for the resource. */
  rep: unknown = undefined;
  /** For a borrow: the call before whose return it must be dropped. Undefined for an own. */
  borrowScope: BorrowCounter | undefined = undefined;
  /** How many calls currently borrow through this handle; meanwhile it cannot be dropped or given away. */
  numLends = 0;
  /** The next entry of the free list; 0 ends it. */
  nextFree = 0;
}

/** Entry 0 of all tables, which is never used. */
const UNUSED = Object.freeze(new ResourceHandle());
/** Room for as many handles as most requests have at a time: an array that grows reserves room for 17 more. */
const ROOM = 7;
const NO_HANDLES: readonly (ResourceHandle | undefined)[] = Object.freeze([
  UNUSED,
  ...Array.from({ length: ROOM }, () => undefined),
]);

/**
 * The handles of one component instance. Indices start at 1; the most recently freed one is reused first.
 *
 * Entries are kept and reused, so that a request allocates none that an earlier one has already allocated.
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

  /** The number of handles. */
  get size(): number {
    return this.#live;
  }

  /** Adds a handle, which is an own unless there is a `borrowScope`; returns its index. Traps beyond the quota. */
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

  /** The handle at `index`, any 32-bit integer. Traps if there is none, or it has another type. */
  get(index: number, type: ResourceType): ResourceHandle {
    const i = index >>> 0;
    const handle = i < this.#length ? this.#entries[i] : undefined;
    if (handle === undefined || handle.type !== type) return trapNoHandle(handle, i, type);
    return handle;
  }

  /** Removes the handle at `index` and returns its rep. Traps like `get`, and while the handle is lent. */
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

  /** Resets the table: no handles, and the next index is 1. Reps are not disposed. */
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
  if (handle?.type === undefined) throw new Trap(`unknown handle ${index}: expected a ${type.name}`);
  throw new Trap(`handle ${index} is a ${handle.type.name}, not a ${type.name}`);
}
