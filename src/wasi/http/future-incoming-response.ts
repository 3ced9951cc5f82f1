import { err, ok, type Result } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { Parent } from '../io/parent.ts';
import { type Readiness, Wakers } from '../io/readiness.ts';
import type { ErrorCode } from './error-code.ts';
import { IncomingResponse } from './incoming.ts';
import type { OutboundResponse } from './send-request.ts';

/** What `future-incoming-response.get` gives once. */
export type ResponseResult = Result<Result<IncomingResponse, ErrorCode>, undefined>;

type State =
  | { readonly at: 'waiting' }
  | { readonly at: 'arrived'; readonly response: Result<OutboundResponse, ErrorCode> }
  | { readonly at: 'broken'; readonly error: unknown }
  | { readonly at: 'taken' };

/** `future-incoming-response` of `wasi:http/types`. Dropping it before the response is taken gives the request up. */
export class FutureIncomingResponse implements Readiness {
  readonly children = new Parent('future-incoming-response');
  readonly #ctx: WasiCtx;
  readonly #abort = new AbortController();
  readonly #lifeline: Disposable = { [Symbol.dispose]: () => this.#abort.abort() };
  readonly #wakers = new Wakers();
  #state: State = { at: 'waiting' };

  /** `send` starts the request. What it rejects with ends the guest that asks for the response: no error code is known for it. */
  constructor(ctx: WasiCtx, send: (signal: AbortSignal) => Promise<Result<OutboundResponse, ErrorCode>>) {
    this.#ctx = ctx;
    ctx.keep(this.#lifeline);
    send(this.#abort.signal).then(
      (response) => this.#settle({ at: 'arrived', response }),
      (error: unknown) => this.#settle({ at: 'broken', error }),
    );
  }

  /** `undefined` before it is there; the second time an error. */
  get(): ResponseResult | undefined {
    if (this.#state.at === 'waiting') return undefined;
    if (this.#state.at === 'broken') throw this.#state.error;
    if (this.#state.at === 'taken') return err(undefined);
    const { response } = this.#state;
    this.#state = { at: 'taken' };
    if (response.tag === 'err') return ok(response);
    const { status, fields, body } = response.val;
    this.#ctx.keep(body);
    return ok(ok(new IncomingResponse(status, fields, body)));
  }

  isReady(): boolean {
    return this.#state.at !== 'waiting';
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  #settle(state: State): void {
    this.#state = state;
    this.#wakers.wake();
  }

  [Symbol.dispose](): void {
    this.children.assertChildless();
    if (this.#state.at === 'taken') return;
    this.#ctx.forget(this.#lifeline);
    this.#abort.abort();
  }
}
