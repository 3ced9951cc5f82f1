/** The right to be one of a bounded number; disposing gives it to the next in the queue. */
export type Permit = Disposable;

/** Why somebody may stop waiting for a permit: ready when they have. */
export interface GiveUp {
  isReady(): boolean;
  onReady(wake: () => void): () => void;
}

/** A bounded number of permits with a bounded queue: first come, first served. */
export class Permits {
  readonly #max: number;
  readonly #maxQueued: number;
  readonly #queue = new Set<(permit: Permit | undefined) => void>();
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

  /** A permit at once or when it is its turn; `undefined` where the queue is full, or when `giveUp` is ready first. */
  acquire(giveUp?: GiveUp): Permit | undefined | Promise<Permit | undefined> {
    if (this.#taken < this.#max) {
      this.#taken += 1;
      return this.#permit();
    }
    if (this.#queue.size >= this.#maxQueued || giveUp?.isReady() === true) return undefined;
    return this.#waitForTurn(giveUp);
  }

  #waitForTurn(giveUp: GiveUp | undefined): Promise<Permit | undefined> {
    return new Promise((resolve) => {
      const turn = (permit: Permit | undefined): void => {
        stopListening?.();
        resolve(permit);
      };
      this.#queue.add(turn);
      const stopListening = giveUp?.onReady(() => {
        if (this.#queue.delete(turn)) turn(undefined);
      });
    });
  }

  #permit(): Permit {
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#passOn();
        held = false;
      },
    };
  }

  #passOn(): void {
    const [turn] = this.#queue;
    if (turn === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#queue.delete(turn);
    turn(this.#permit());
  }
}
