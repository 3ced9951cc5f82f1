import { FairQueue } from './fair-queue.ts';

/** Why somebody may stop waiting for a permit: ready when they have. */
export interface GiveUp {
  isReady(): boolean;
  onReady(wake: () => void): void;
  offReady(wake: () => void): void;
}

/** Called when it is the turn of one that waits for a permit, or when it gives up. */
type Turn = (isGranted: boolean) => void;

/** How many permits there are. */
interface PermitLimits {
  /** At most so many are out at once. */
  readonly max: number;
  /** At most so many wait for one that is out. */
  readonly maxQueued: number;
  /** Default: no pace. */
  readonly pacedFrom?: number;
  /** Default 1. */
  readonly queues?: number;
}

/**
 * A bounded number of permits, for which some may wait in one of several queues, which take turns. Whoever got one gives it back once.
 */
export class Permits {
  readonly #max: number;
  readonly #maxQueued: number;
  readonly #queues: readonly FairQueue<Turn>[];
  /** When more are out, the number grows by one in each turn of the event loop: those that have a permit get to work meanwhile. */
  pacedFrom: number;
  /** Which queue has the next turn, if anybody waits in it. */
  #next = 0;
  #taken = 0;
  /** Whether the number has grown in this turn of the loop, where that is paced. */
  #hasGrown = false;

  constructor({ max, maxQueued, pacedFrom = max, queues = 1 }: PermitLimits) {
    this.#max = max;
    this.#maxQueued = maxQueued;
    this.pacedFrom = pacedFrom;
    this.#queues = Array.from({ length: queues }, () => new FairQueue<Turn>());
  }

  /** How many permits are out. */
  get taken(): number {
    return this.#taken;
  }

  /** How many wait. */
  get queued(): number {
    return this.#queues.reduce((sum, { size }) => sum + size, 0);
  }

  /** How many of those wait for permits that are out. */
  get missing(): number {
    return Math.max(0, this.#taken + this.queued - this.#max);
  }

  /** Whether there is a permit, immediately or when it is its turn in `queue`: not where the queues are full, or when `giveUp` is ready first. */
  acquire(giveUp?: GiveUp, queue = 0): boolean | Promise<boolean> {
    return this.tryAcquire() || this.waitFor(giveUp, queue);
  }

  /** Takes a permit, if there is one now. */
  tryAcquire(): boolean {
    const isThere = this.#mayGrow();
    if (isThere) this.#grow();
    return isThere;
  }

  /** As `acquire`, where there is no permit now. */
  waitFor(giveUp?: GiveUp, queue = 0): false | Promise<boolean> {
    if (this.#taken + this.queued >= this.#max + this.#maxQueued || giveUp?.isReady() === true) return false;
    return this.#waitForTurn(this.#queues[queue] as FairQueue<Turn>, giveUp);
  }

  /** Gives a permit to the next that waits. */
  release(): void {
    if (!this.#grantNext()) this.#taken -= 1;
  }

  #mayGrow(): boolean {
    return this.#taken < this.#max && !this.#hasGrown;
  }

  #grow(): void {
    this.#taken += 1;
    if (this.#taken <= this.pacedFrom) return;
    this.#hasGrown = true;
    setImmediate(() => {
      this.#hasGrown = false;
      while (this.#mayGrow() && this.#grantNext()) this.#grow();
    });
  }

  /** Whether somebody waited. */
  #grantNext(): boolean {
    for (let tried = 0; tried < this.#queues.length; tried += 1) {
      const queue = this.#queues[this.#next] as FairQueue<Turn>;
      this.#next = (this.#next + 1) % this.#queues.length;
      const turn = queue.take();
      if (turn === undefined) continue;
      turn(true);
      return true;
    }
    return false;
  }

  #waitForTurn(queue: FairQueue<Turn>, giveUp: GiveUp | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = (): void => {
        if (queue.remove(turn)) turn(false);
      };
      const turn: Turn = (isGranted) => {
        giveUp?.offReady(leave);
        resolve(isGranted);
      };
      queue.add(turn);
      giveUp?.onReady(leave);
    });
  }
}
