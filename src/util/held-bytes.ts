import { LimitExceeded, Trap } from './trap.ts';
import type { RequestLimits } from './limits.ts';

/** A request that holds less is never ended for the sake of others, and is not looked for. */
const NOTABLE_BYTES = 64 * 1024;
/** So many of these fill the total: who holds less takes no more than its share. */
const FAIR_PARTS = 64;
/** From this part of the total on bodies that are being sent wait for the wire sooner, and from the next on no request begins. */
const TIGHT = 3 / 4;
const CROWDED = 15 / 16;
/** How much is taken between two looks at V8's heap. */
const LOOK_BYTES = 1024 * 1024;

/** Why a request can have no more: its own limit, or the limit of all together, or V8's heap is nearly full. */
type Refusal = 'held' | 'evicted' | 'overloaded';

/** Ends the guest of a request. */
interface Ender {
  cancel(reason: Refusal): void;
  readonly trap: Trap | undefined;
}

/** What host functions take from and are bounded by: a `WasiCtx`, in short. */
export interface Holder {
  readonly limits: RequestLimits;
  readonly held: HeldBytes;
}

/** How all requests of a host are bounded together. */
export interface HeldTotalOptions {
  readonly maxBytes: number;
  /** Asked after each mebibyte that is taken: whether V8's heap is nearly full. */
  readonly isHeapFull?: () => boolean;
  /** Called each time that a guest is ended for the sake of others, or none is let in. */
  readonly onShort?: () => void;
}

/**
 * What the requests of a host have it hold together, in bytes.
 *
 * When there is too much, the request that holds most ends; what it held counts as given back immediately.
 */
export class HeldTotal {
  readonly maxBytes: number;
  readonly #isHeapFull: () => boolean;
  readonly #onShort: () => void;
  readonly #notable = new Set<HeldBytes>();
  /** Of replies whose guests have returned and whose clients have not taken them, the oldest first. */
  readonly #untaken = new Set<HeldBytes>();
  #sum = 0;
  #unlookedBytes = 0;

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

  /** Counts what `account` takes. Returns why it cannot. */
  add(account: HeldBytes, bytes: number): Refusal | undefined {
    this.#sum += bytes;
    if (account.bytes >= NOTABLE_BYTES) this.#notable.add(account);
    const isRoom = this.#sum <= this.maxBytes || this.#makeRoom(account);
    const refusal = isRoom ? this.#look(bytes) : 'evicted';
    if (refusal !== undefined) this.#sum -= bytes;
    return refusal;
  }

  /** Counts what `account` has given back, `undefined` when it is closed. */
  remove(bytes: number, closed?: HeldBytes): void {
    this.#sum -= bytes;
    if (closed === undefined) return;
    this.#notable.delete(closed);
    this.#untaken.delete(closed);
  }

  /** `account` is that of a reply whose guest has returned; what it holds is counted already. */
  addUntaken(account: HeldBytes): void {
    this.#untaken.add(account);
    if (account.bytes >= NOTABLE_BYTES) this.#notable.add(account);
  }

  /** Ends those that only wait for their clients until no more than `maxBytes` are held. Returns whether that is so. */
  #endUntaken(maxBytes: number): boolean {
    if (this.#untaken.size > 0) this.#onShort();
    for (const account of this.#untaken) {
      if (this.#sum <= maxBytes) return true;
      account.end('evicted');
    }
    return this.#sum <= maxBytes;
  }

  /** Ends those that only wait for their clients, then the largest, until there is room; not `account`, which is told. */
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

  #look(bytes: number): Refusal | undefined {
    this.#unlookedBytes += bytes;
    if (this.#unlookedBytes < LOOK_BYTES) return undefined;
    this.#unlookedBytes = 0;
    return this.#isHeapFull() ? 'overloaded' : undefined;
  }
}

/**
 * What one request has the host hold, in bytes: buffers, fields, strings, handles.
 *
 * Each that holds something takes before, and gives back as much when it lets go. Disposing gives back the rest, and has all that is
 * registered let go; from then on nothing more can be taken.
 */
export class HeldBytes implements Disposable {
  readonly #max: number;
  readonly #total: HeldTotal | undefined;
  #bytes = 0;
  #isClosed = false;
  #ender: Ender | undefined;
  /** Most requests register one. */
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

  /** Whom to end when the host cannot hold what the request has it hold. */
  endBy(ender: Ender): void {
    this.#ender = ender;
  }

  /** Takes `bytes`. Traps beyond the limit, throws `Cancelled` when the request has to end for the sake of others. */
  take(bytes: number): void {
    const refusal = this.#add(bytes);
    if (refusal !== undefined) throw this.#toTrap(refusal);
  }

  /** Takes `bytes` if the request may have them. */
  tryTake(bytes: number): boolean {
    const refusal = this.#add(bytes);
    if (refusal === 'evicted' || refusal === 'overloaded') this.end(refusal);
    return refusal === undefined;
  }

  /** Takes `bytes` that are held in any case: if there are too many the request ends, though its guest waits. */
  takeOrEnd(bytes: number): void {
    const refusal = this.#add(bytes);
    if (refusal !== undefined && refusal !== 'closed') this.end(refusal);
  }

  /** Gives back what was taken; nothing once the account is closed. */
  giveBack(bytes: number): void {
    if (this.#isClosed) return;
    this.#bytes -= bytes;
    this.#total?.remove(bytes);
  }

  /** Has `holder` disposed with the account. */
  register(holder: Disposable): void {
    if (this.#first === undefined) this.#first = holder;
    else (this.#others ??= new Set()).add(holder);
  }

  /** `holder` has let go of all that it held. */
  unregister(holder: Disposable): void {
    if (this.#first === holder) this.#first = undefined;
    else this.#others?.delete(holder);
  }

  /** Moves `bytes`, which `holder` holds, to an account that goes on when this one is closed: that of a reply whose guest has returned. */
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
      return new LimitExceeded('maxHeldBytes', `a request had the host hold more than ${this.#max} bytes`);
    }
    if (refusal !== 'closed') this.end(refusal);
    return this.trap ?? new Trap('the request is over: the host holds nothing more for it');
  }
}

/** A part of what a request holds: it grows, and is given back once. */
export class Charge implements Disposable {
  readonly held: HeldBytes;
  #bytes: number;

  /** `bytes` have been taken from `held`. */
  constructor(held: HeldBytes, bytes = 0) {
    this.held = held;
    this.#bytes = bytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes as many bytes more, or fewer. As `HeldBytes.take`. */
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

/** What a string takes: two bytes a code unit, as one that is not Latin-1 does. */
export function stringBytes(text: string | undefined): number {
  return text === undefined ? 0 : 2 * text.length;
}
