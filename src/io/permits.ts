/** Why somebody may stop waiting for a permit: ready when they have. */
export interface GiveUp {
  isReady(): boolean;
  onReady(wake: () => void): void;
  offReady(wake: () => void): void;
}

/** Called when it is the turn of one that waits for a permit, or when it gives up. */
type Turn = (isGranted: boolean) => void;

/**
 * Those that wait, of whom the one that has waited longest and the one that came last have their turns alternately: each has its turn in the end,
 * and somebody who comes after a crowd need not wait until all of the crowd is done.
 */
class Queue {
  readonly #turns: Turn[] = [];
  #next: 'oldest' | 'newest' = 'oldest';

  get size(): number {
    return this.#turns.length;
  }

  add(turn: Turn): void {
    this.#turns.push(turn);
  }

  /** Whose turn it is. */
  take(): Turn | undefined {
    const isOldest = this.#next === 'oldest';
    this.#next = isOldest ? 'newest' : 'oldest';
    return isOldest ? this.#turns.shift() : this.#turns.pop();
  }

  /** Whether `turn` was waiting. */
  remove(turn: Turn): boolean {
    const index = this.#turns.indexOf(turn);
    if (index !== -1) this.#turns.splice(index, 1);
    return index !== -1;
  }
}

/**
 * A bounded number of permits, for which some may wait in one of several queues, which take turns. Whoever got one gives it back once.
 */
export class Permits {
  readonly #max: number;
  readonly #maxQueued: number;
  readonly #queues: readonly Queue[];
  /** Which queue has the next turn, if anybody waits in it. */
  #next = 0;
  #taken = 0;

  /** At most `max` permits are out at once, at most `maxQueued` wait in all `queues`. */
  constructor(max: number, maxQueued: number, queues = 1) {
    this.#max = max;
    this.#maxQueued = maxQueued;
    this.#queues = Array.from({ length: queues }, () => new Queue());
  }

  /** How many permits are out. */
  get taken(): number {
    return this.#taken;
  }

  /** How many wait. */
  get queued(): number {
    return this.#queues.reduce((sum, { size }) => sum + size, 0);
  }

  /** Whether there is a permit, immediately or when it is its turn in `queue`: not where the queues are full, or when `giveUp` is ready first. */
  acquire(giveUp?: GiveUp, queue = 0): boolean | Promise<boolean> {
    if (this.#taken < this.#max) {
      this.#taken += 1;
      return true;
    }
    if (this.queued >= this.#maxQueued || giveUp?.isReady() === true) return false;
    return this.#waitForTurn(this.#queues[queue] as Queue, giveUp);
  }

  /** Gives a permit to the next that waits. */
  release(): void {
    for (let tried = 0; tried < this.#queues.length; tried += 1) {
      const queue = this.#queues[this.#next] as Queue;
      this.#next = (this.#next + 1) % this.#queues.length;
      const turn = queue.take();
      if (turn === undefined) continue;
      turn(true);
      return;
    }
    this.#taken -= 1;
  }

  #waitForTurn(queue: Queue, giveUp: GiveUp | undefined): Promise<boolean> {
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
