/** Why somebody may stop waiting for a permit: ready when they have. */
export interface GiveUp {
  isReady(): boolean;
  onReady(wake: () => void): void;
  offReady(wake: () => void): void;
}

/** Called when it is the turn of one that waits for a permit, or when it gives up. */
type Turn = (isGranted: boolean) => void;

/** Two queues, which have their turns alternately while somebody waits in both. */
export type QueueName = 'first' | 'second';

/** A bounded number of permits with bounded queues: first come, first served in each. Whoever got one gives it back once. */
export class Permits {
  readonly #max: number;
  readonly #maxQueued: number;
  readonly #queues: Readonly<Record<QueueName, Set<Turn>>> = { first: new Set(), second: new Set() };
  #lastServed: QueueName = 'second';
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
    return this.#queues.first.size + this.#queues.second.size;
  }

  /** Whether there is a permit, at once or when it is its turn: not where the queues are full, or when `giveUp` is ready first. */
  acquire(giveUp?: GiveUp, queue: QueueName = 'first'): boolean | Promise<boolean> {
    if (this.#taken < this.#max) {
      this.#taken += 1;
      return true;
    }
    if (this.queued >= this.#maxQueued || giveUp?.isReady() === true) return false;
    return this.#waitForTurn(this.#queues[queue], giveUp);
  }

  /** Gives a permit to the next that waits. */
  release(): void {
    const { first, second } = this.#queues;
    const isFirst = second.size === 0 || (first.size > 0 && this.#lastServed === 'second');
    const queue = isFirst ? first : second;
    const [turn] = queue;
    if (turn === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#lastServed = isFirst ? 'first' : 'second';
    queue.delete(turn);
    turn(true);
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
