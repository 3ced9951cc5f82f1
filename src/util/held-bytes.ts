import { LimitExceeded, Trap } from './trap.ts';
import type { RequestLimits } from './limits.ts';

/** A request that holds less than this is never ended to make room for others, and is not tracked. */
const NOTABLE_BYTES = 64 * 1024;
/** The total is divided into this many shares: a request that holds less than one takes no more than its share. */
const FAIR_PARTS = 64;
/** Above the first fraction of the total, bodies that are being sent wait for the wire sooner; above the second, no request begins. */
const TIGHT = 3 / 4;
const CROWDED = 15 / 16;
/** How much is taken between two samples of V8's heap. */
const SAMPLE_BYTES = 1024 * 1024;

/** Why a request cannot take more: its own limit, the limit of all requests together, or V8's heap is nearly full. */
type Refusal = 'held' | 'evicted' | 'overloaded';

/** Ends a request's guest. */
interface Ender {
  cancel(reason: Refusal): void;
  readonly trap: Trap | undefined;
}

/** The account that host functions take from, and the limits that bound them: the part of a `WasiCtx` that they need. */
export interface Holder {
  readonly limits: RequestLimits;
  readonly held: HeldBytes;
}

/** The bounds on all requests of a host together. */
export interface HeldTotalOptions {
  readonly maxBytes: number;
  /** Whether V8's heap is nearly full; called after each mebibyte taken. */
  readonly isHeapFull?: () => boolean;
  /** Called each time that a guest is ended to make room for others, or a request is not admitted. */
  readonly onShort?: () => void;
}

/**
 * The bytes that a host holds for all of its requests together.
 *
 * When they are too many, the request that holds the most ends; what it held counts as given back immediately.
 */
export class HeldTotal {
  readonly maxBytes: number;
  readonly #isHeapFull: () => boolean;
  readonly #onShort: () => void;
  readonly #notable = new Set<HeldBytes>();
  /** The accounts of replies whose guests have returned but whose clients have not taken all of them, the oldest first. */
  readonly #untaken = new Set<HeldBytes>();
  #sum = 0;
  #unsampledBytes = 0;

  constructor({ maxBytes, isHeapFull = () => false, onShort = () => {} }: HeldTotalOptions) {
    this.maxBytes = maxBytes;
    this.#isHeapFull = isHeapFull;
    this.#onShort = onShort;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Whether bodies that are being sent should wait for the wire sooner than they usually do. */
  get isTight(): boolean {
    return this.#sum > this.maxBytes * TIGHT;
  }

  /**
   * Whether another request may begin. When there is hardly any room, replies that only wait for their clients end, then a request that holds more
   * than its share.
   */
  mayBegin(): boolean {
    if (this.#sum <= this.maxBytes * CROWDED) return true;
    if (this.#endUntaken(this.maxBytes * CROWDED)) return true;
    const largest = this.#largest();
    if (largest !== undefined && largest.bytes > this.maxBytes / FAIR_PARTS) {
      this.#onShort();
      largest.end('evicted');
    }
    const isRoom = this.#sum <= this.maxBytes * CROWDED;
    if (!isRoom) this.#onShort();
    return isRoom;
  }

  /** Counts what `account` takes. Returns the reason if it cannot take it. */
  add(account: HeldBytes, bytes: number): Refusal | undefined {
    this.#sum += bytes;
    if (account.bytes >= NOTABLE_BYTES) this.#notable.add(account);
    const isRoom = this.#sum <= this.maxBytes || this.#makeRoom(account);
    const refusal = isRoom ? this.#sampleHeap(bytes) : 'evicted';
    if (refusal !== undefined) this.#sum -= bytes;
    return refusal;
  }

  /** Counts bytes that were given back. `closed` is the account, if it is closed. */
  remove(bytes: number, closed?: HeldBytes): void {
    this.#sum -= bytes;
    if (closed === undefined) return;
    this.#notable.delete(closed);
    this.#untaken.delete(closed);
  }

  /** Adds the account of a reply whose guest has returned; what it holds is already counted. */
  addUntaken(account: HeldBytes): void {
    this.#untaken.add(account);
    if (account.bytes >= NOTABLE_BYTES) this.#notable.add(account);
  }

  /** Ends replies that only wait for their clients, until no more than `maxBytes` are held. Returns whether that was enough. */
  #endUntaken(maxBytes: number): boolean {
    if (this.#untaken.size > 0) this.#onShort();
    for (const account of this.#untaken) {
      if (this.#sum <= maxBytes) return true;
      account.end('evicted');
    }
    return this.#sum <= maxBytes;
  }

  /** Ends replies that only wait for their clients, then the largest requests, until there is room. If `account` is the largest, returns `false` instead. */
  #makeRoom(account: HeldBytes): boolean {
    if (this.#endUntaken(this.maxBytes)) return true;
    this.#onShort();
    while (this.#sum > this.maxBytes) {
      const largest = this.#largest() ?? account;
      if (largest === account) return false;
      largest.end('evicted');
    }
    return true;
  }

  #largest(): HeldBytes | undefined {
    let largest: HeldBytes | undefined;
    for (const account of this.#notable) if (account.bytes > (largest?.bytes ?? 0)) largest = account;
    return largest;
  }

  #sampleHeap(bytes: number): Refusal | undefined {
    this.#unsampledBytes += bytes;
    if (this.#unsampledBytes < SAMPLE_BYTES) return undefined;
    this.#unsampledBytes = 0;
    return this.#isHeapFull() ? 'overloaded' : undefined;
  }
}

/**
 * The bytes that the host holds for one request: buffers, fields, strings, handles.
 *
 * Whatever holds something takes the bytes first, and gives them back when it lets go. Disposing gives back the rest and disposes all registered
 * holders; after that nothing more can be taken.
 */
export class HeldBytes implements Disposable {
  readonly #max: number;
  readonly #total: HeldTotal | undefined;
  #bytes = 0;
  #isClosed = false;
  #ender: Ender | undefined;
  /** Most requests register only one holder. */
  #first: Disposable | undefined;
  #others: Set<Disposable> | undefined;

  constructor(maxBytes: number, total?: HeldTotal) {
    this.#max = maxBytes;
    this.#total = total;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether bodies that are being sent should wait for the wire sooner than they usually do. */
  get isTight(): boolean {
    return this.#bytes > this.#max / 2 || this.#total?.isTight === true;
  }

  /** What ended the request, if it did not end properly. */
  get trap(): Trap | undefined {
    return this.#ender?.trap;
  }

  /** Sets what to end when the host can no longer hold this much for the request. */
  endBy(ender: Ender): void {
    this.#ender = ender;
  }

  /** Takes `bytes`. Traps beyond the limit; throws `Cancelled` if the request has to end to make room for others. */
  take(bytes: number): void {
    const refusal = this.#add(bytes);
    if (refusal !== undefined) throw this.#toTrap(refusal);
  }

  /** Takes `bytes`, and returns `true`, if the request may have them. */
  tryTake(bytes: number): boolean {
    const refusal = this.#add(bytes);
    if (refusal === 'evicted' || refusal === 'overloaded') this.end(refusal);
    return refusal === undefined;
  }

  /** Takes `bytes` that are already held: if they are too many, the request ends, even while its guest waits. */
  takeOrEnd(bytes: number): void {
    const refusal = this.#add(bytes);
    if (refusal !== undefined && refusal !== 'closed') this.end(refusal);
  }

  /** Gives back what was taken. Does nothing once the account is closed. */
  giveBack(bytes: number): void {
    if (this.#isClosed) return;
    this.#bytes -= bytes;
    this.#total?.remove(bytes);
  }

  /** Disposes `holder` together with the account. */
  register(holder: Disposable): void {
    if (this.#first === undefined) this.#first = holder;
    else (this.#others ??= new Set()).add(holder);
  }

  /** `holder` no longer holds anything. */
  unregister(holder: Disposable): void {
    if (this.#first === holder) this.#first = undefined;
    else this.#others?.delete(holder);
  }

  /** Moves `bytes`, which `holder` holds, to a new account that outlives this one: that of a reply whose guest has returned. */
  split(holder: Disposable, bytes: number): HeldBytes {
    const part = new HeldBytes(this.#max, this.#total);
    this.unregister(holder);
    part.register(holder);
    this.#bytes -= bytes;
    part.#bytes = bytes;
    part.#ender = this.#ender;
    this.#total?.addUntaken(part);
    return part;
  }

  /** Ends the request, and counts all that it holds as given back. */
  end(reason: Refusal): void {
    if (this.#isClosed) return;
    this.#ender?.cancel(reason);
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#total?.remove(this.#bytes, this);
    this.#bytes = 0;
    this.#first?.[Symbol.dispose]();
    for (const holder of this.#others ?? []) holder[Symbol.dispose]();
    this.#first = undefined;
    this.#others = undefined;
  }

  #add(bytes: number): Refusal | 'closed' | undefined {
    if (this.#isClosed) return 'closed';
    this.#bytes += bytes;
    const refusal = this.#bytes > this.#max ? 'held' : this.#total?.add(this, bytes);
    if (refusal !== undefined) this.#bytes -= bytes;
    return refusal;
  }

  #toTrap(refusal: Refusal | 'closed'): Trap {
    if (refusal === 'held') {
      return new LimitExceeded('maxHeldBytes', `the request makes the host hold more than ${this.#max} bytes`);
    }
    if (refusal !== 'closed') this.end(refusal);
    return this.trap ?? new Trap('the request is over: the host no longer holds anything for it');
  }
}

/** A part of what a request holds: it can grow, and is given back once. */
export class Charge implements Disposable {
  readonly held: HeldBytes;
  #bytes: number;

  /** `bytes` have already been taken from `held`. */
  constructor(held: HeldBytes, bytes = 0) {
    this.held = held;
    this.#bytes = bytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the additional bytes, or gives back the difference. Throws like `HeldBytes.take`. */
  resize(bytes: number): void {
    const more = bytes - this.#bytes;
    if (more > 0) this.held.take(more);
    else this.held.giveBack(-more);
    this.#bytes = bytes;
  }

  [Symbol.dispose](): void {
    const bytes = this.#bytes;
    this.#bytes = 0;
    this.held.giveBack(bytes);
  }
}

/** How much memory a string takes: two bytes per code unit, as if it were not Latin-1. */
export function stringBytes(text: string | undefined): number {
  return text === undefined ? 0 : 2 * text.length;
}
