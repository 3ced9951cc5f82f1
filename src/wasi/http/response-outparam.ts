import type { Result } from '../../util/result.ts';
import type { ErrorCode } from '../../http/error-code.ts';
import type { OutgoingResponse } from './outgoing.ts';

/** What the guest says its answer is. */
export type GuestResponse = Result<OutgoingResponse, ErrorCode>;

/** Who waits for a guest's answer. */
export interface AnswerTaker {
  /** The guest says what its answer is. */
  take(response: GuestResponse): void;
  /** The guest will not say any more, if it has not yet. */
  giveUp(): void;
}

/** `response-outparam` of `wasi:http/types`: where the guest puts its answer, once. */
export class ResponseOutparam {
  readonly #taker: AnswerTaker;

  constructor(taker: AnswerTaker) {
    this.#taker = taker;
  }

  /** Traps while the response's fields are still borrowed as a child. */
  set(response: GuestResponse): void {
    if (response.tag === 'ok') response.val.assertSendable();
    this.#taker.take(response);
  }

  [Symbol.dispose](): void {
    this.#taker.giveUp();
  }
}
