/** Why somebody may stop waiting for a permit: ready when they have. */
export interface GiveUp {
  isReady(): boolean;
  onReady(wake: () => void): void;
  offReady(wake: () => void): void;
}

/** Called when it is the turn of one that waits for a permit, or when it gives up. */
type Turn = (isGranted: boolean) => void;

/**
 * A bounded number of permits, for which some may wait in one of several queues: first come, first served in each, and the queues take turns.
 * Whoever got one gives it back once.
 */
export class Permits {
  readonly #max: number;
  readonly #maxQueued: number;
  readonly #queues: readonly Set<Turn>[];
  /** Which queue has the next turn, if anybody waits in it. */
  #next = 0;
  #taken = 0;

  /** At most `max` permits are out at once, at most `maxQueued` wait in all `queues`. */
  constructor(max: number, maxQueued: number, queues = 1) {
    this.#max = max;
    this.#maxQueued = maxQueued;
    this.#queues = Array.from({ length: queues }, () => new Set());
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
    return this.#waitForTurn(this.#queues[queue] as Set<Turn>, giveUp);
  }

  /** Gives a permit to the next that waits. */
  release(): void {
    for (let tried = 0; tried < this.#queues.length; tried += 1) {
      const queue = this.#queues[this.#next] as Set<Turn>;
      this.#next = (this.#next + 1) % this.#queues.length;
      const [turn] = queue;
      if (turn === undefined) continue;
      queue.delete(turn);
      turn(true);
      return;
    }
    this.#taken -= 1;
  }

  #waitForTurn(queue: Set<Turn>, giveUp: GiveUp | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = (): void => {
        if (queue.delete(turn)) turn(false);
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
