import { type Readiness, Wakers } from '../io/readiness.ts';
import type { Failure } from './failure.ts';

/**
 * Ready when the client has broken a rule for the body of its request, so that no reply of a guest can be right any more; or is too slow while
 * others wait for the place that its guest holds.
 */
export class Violation implements Readiness {
  readonly #wakers = new Wakers();
  #failure: Failure | undefined;

  /** What the client is told, when it has broken a rule. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Whether there is a guest that a violation would end. */
  get hasGuest(): boolean {
    return this.#failure === undefined && this.#wakers.size > 0;
  }

  /** The client has broken a rule. Only the first failure counts. */
  set(failure: Failure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#wakers.wake();
  }

  isReady(): boolean {
    return this.#failure !== undefined;
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }
}
