import { type Readiness, Wakers } from '../io/readiness.ts';
import { HEAP_IS_FULL } from '../util/heap-watch.ts';
import { Trap } from '../util/trap.ts';

/** Why the host ends a guest before its time. */
export type CancelReason =
  | 'deadline'
  | 'cpu'
  | 'client-left'
  | 'request-broken'
  | 'stopping'
  | 'overloaded'
  | 'held'
  | 'evicted'
  | 'over';

/** The trap of a guest that the host ended. */
export class Cancelled extends Trap {
  readonly reason: CancelReason;

  constructor(reason: CancelReason, message = CANCEL_MESSAGES[reason]) {
    super(message);
    this.reason = reason;
  }
}

const CANCEL_MESSAGES: Readonly<Record<CancelReason, string>> = {
  deadline: 'guest timed out',
  cpu: 'guest used up its CPU time',
  'client-left': 'the client left',
  'request-broken': 'the client broke the rules for its request',
  stopping: 'the host is stopping',
  overloaded: HEAP_IS_FULL,
  held: 'the guest makes the host hold too much (--limit held-bytes)',
  evicted:
    'this guest makes the host hold the most, and all guests together make it hold too much (--limit total-held-bytes)',
  over: 'the request is over',
};

/** Whether and why a request was cancelled. */
export class Cancellation implements Readiness {
  readonly #wakers = new Wakers();
  #trap: Cancelled | undefined;

  /** Ends every wait of the guest with a trap, whose message is the usual one for the reason. The first reason counts. */
  cancel(reason: CancelReason, message?: string): void {
    if (this.#trap !== undefined) return;
    this.#trap = new Cancelled(reason, message);
    this.#wakers.wake();
  }

  /** The trap, if the request was cancelled. */
  get trap(): Cancelled | undefined {
    return this.#trap;
  }

  throwIfCancelled(): void {
    if (this.#trap !== undefined) throw this.#trap;
  }

  isReady(): boolean {
    return this.#trap !== undefined;
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }
}
