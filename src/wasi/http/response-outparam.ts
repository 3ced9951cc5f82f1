import type { Result } from '../../abi/host-interface.ts';
import type { ErrorCode } from './error-code.ts';
import type { OutgoingResponse } from './outgoing.ts';

/** What the guest says its answer is. */
export type GuestResponse = Result<OutgoingResponse, ErrorCode>;

/** `response-outparam` of `wasi:http/types`: where the guest puts its answer, once. */
export class ResponseOutparam {
  readonly #onSet: (response: GuestResponse) => void;
  readonly #onDrop: () => void;

  constructor(onSet: (response: GuestResponse) => void, onDrop: () => void) {
    this.#onSet = onSet;
    this.#onDrop = onDrop;
  }

  /** Traps while the response's fields are still borrowed as a child. */
  set(response: GuestResponse): void {
    if (response.tag === 'ok') response.val.assertSendable();
    this.#onSet(response);
  }

  [Symbol.dispose](): void {
    this.#onDrop();
  }
}
