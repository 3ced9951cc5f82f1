/** Why somebody may stop waiting for a permit: ready when they have. */
export interface GiveUp {
  isReady(): boolean;
  onReady(wake: () => void): void;
  offReady(wake: () => void): void;
}

/** A bounded number of permits with a bounded queue: first come, first served. Whoever got one gives it back once. */
export class Permits {
  readonly #max: number;
  readonly #maxQueued: number;
  readonly #queue = new Set<(isGranted: boolean) => void>();
  #taken = 0;

  /** At most `max` permits are out at once, at most `maxQueued` wait. */
  constructor(max: number, maxQueued: number) {
    this.#max = max;
    this.#maxQueued = maxQueued;
  }

  /** How many permits are out. */
  get taken(): number {
    return this.#taken;
  }

  /** How many wait. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Whether there is a permit, at once or when it is its turn: not where the queue is full, or when `giveUp` is ready first. */
  acquire(giveUp?: GiveUp): boolean | Promise<boolean> {
    if (this.#taken < this.#max) {
      this.#taken += 1;
      return true;
    }
    if (this.#queue.size >= this.#maxQueued || giveUp?.isReady() === true) return false;
    return this.#waitForTurn(giveUp);
  }

  /** Gives a permit to the next in the queue. */
  release(): void {
    const [turn] = this.#queue;
    if (turn === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#queue.delete(turn);
    turn(true);
  }

  #waitForTurn(giveUp: GiveUp | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = (): void => {
        if (this.#queue.delete(turn)) turn(false);
      };
      const turn = (isGranted: boolean): void => {
        giveUp?.offReady(leave);
        resolve(isGranted);
      };
      this.#queue.add(turn);
      giveUp?.onReady(leave);
    });
  }
}
