import { err, ok, type Result } from '../../util/result.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { Charge } from '../../util/held-bytes.ts';
import { Parent } from '../io/parent.ts';
import { type Readiness, Wakers } from '../../io/readiness.ts';
import type { ErrorCode } from '../../http/error-code.ts';
import { heldBytesOf } from '../../http/field-entries.ts';
import { IncomingResponse } from './incoming.ts';
import type { OutboundResponse } from '../../outbound/send-request.ts';

/** What `future-incoming-response.get` gives once. */
export type ResponseResult = Result<Result<IncomingResponse, ErrorCode>, undefined>;

/** A response that the guest has not taken, and what its head has taken of what its request may make the host hold. */
type Arrived = Result<{ readonly response: OutboundResponse; readonly charge: Charge }, ErrorCode>;

type State =
  | { readonly at: 'waiting' }
  | { readonly at: 'arrived'; readonly arrived: Arrived }
  | { readonly at: 'broken'; readonly error: unknown }
  | { readonly at: 'taken' }
  | { readonly at: 'given-up' };

const TOO_MUCH: ErrorCode = Object.freeze({ tag: 'HTTP-request-denied' });

/** `future-incoming-response` of `wasi:http/types`. Dropping it before the response is taken gives the request up. */
export class FutureIncomingResponse implements Readiness {
  readonly children = new Parent('future-incoming-response');
  readonly #ctx: WasiCtx;
  readonly #abort = new AbortController();
  readonly #lifeline: Disposable = { [Symbol.dispose]: () => this.#giveUp() };
  readonly #wakers = new Wakers();
  #state: State = { at: 'waiting' };

  /** `send` starts the request. What it rejects with ends the guest that asks for the response: no error code is known for it. */
  constructor(ctx: WasiCtx, send: (signal: AbortSignal) => Promise<Result<OutboundResponse, ErrorCode>>) {
    this.#ctx = ctx;
    ctx.keep(this.#lifeline);
    send(this.#abort.signal).then(
      (response) => this.#arrive(response),
      (error: unknown) => this.#break(error),
    );
  }

  /** `undefined` before it is there; the second time an error. */
  get(): ResponseResult | undefined {
    if (this.#state.at === 'waiting') return undefined;
    if (this.#state.at === 'broken') throw this.#state.error;
    if (this.#state.at !== 'arrived') return err(undefined);
    const { arrived } = this.#state;
    this.#state = { at: 'taken' };
    this.#ctx.forget(this.#lifeline);
    if (arrived.tag === 'err') return ok(arrived);
    const { response, charge } = arrived.val;
    this.#ctx.keep(response.body);
    return ok(ok(new IncomingResponse(response, response.body, charge)));
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

  /** What sends requests has failed in a way that it should not: the guest that asks ends by it. */
  #break(error: unknown): void {
    if (this.#state.at === 'waiting') this.#state = { at: 'broken', error };
    this.#wakers.wake();
  }

  [Symbol.dispose](): void {
    this.children.assertChildless();
    this.#ctx.forget(this.#lifeline);
    this.#giveUp();
  }

  #arrive(response: Result<OutboundResponse, ErrorCode>): void {
    if (this.#state.at === 'waiting') this.#state = { at: 'arrived', arrived: this.#charge(response) };
    else if (response.tag === 'ok') response.val.body[Symbol.dispose]();
    this.#wakers.wake();
  }

  /** Takes for the head. An upstream's head that is too much is given up. */
  #charge(response: Result<OutboundResponse, ErrorCode>): Arrived {
    if (response.tag === 'err') return response;
    const { held } = this.#ctx;
    const bytes = heldBytesOf(response.val.fields);
    if (held.tryTake(bytes)) return ok({ response: response.val, charge: new Charge(held, bytes) });
    response.val.body[Symbol.dispose]();
    return err(TOO_MUCH);
  }

  /** Ends the request and lets go of its response, unless the guest has taken that. */
  #giveUp(): void {
    const state = this.#state;
    if (state.at === 'taken') return;
    this.#state = { at: 'given-up' };
    this.#abort.abort();
    if (state.at !== 'arrived' || state.arrived.tag === 'err') return;
    state.arrived.val.response.body[Symbol.dispose]();
    state.arrived.val.charge[Symbol.dispose]();
  }
}
