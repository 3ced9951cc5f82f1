import type { StoreAnswer, KeyValueStore, StoreError } from '../../state/keyvalue/key-value-store.ts';
import { Charge } from '../../util/held-bytes.ts';
import { type Limits, toLimitName } from '../../util/limits.ts';
import { type Result, err } from '../../util/result.ts';
import { toError } from '../../util/to-error.ts';
import { settle } from '../settle.ts';
import type { WasiCtx } from '../wasi-ctx.ts';

/** `error` of `wasi:keyvalue/store`. */
export type KeyValueError =
  | { readonly tag: 'no-such-store' | 'access-denied' }
  | { readonly tag: 'other'; readonly val: string };

/** What a function of a bucket gives, now or later. */
export type Outcome<T> = Result<T, KeyValueError> | Promise<Result<T, KeyValueError>>;

/** What an operation under way takes beside keys and values. */
const OPERATION_HELD_BYTES = 512;

/** `bucket` of `wasi:keyvalue/store`: a store as one request uses it. */
export class Bucket {
  readonly #name: string;
  readonly #store: KeyValueStore;

  constructor(name: string, store: KeyValueStore) {
    this.#name = name;
    this.#store = store;
  }

  /**
   * Has the store do something, and gives its answer; `heldBytes` is what the host holds meanwhile. If the request ends first, the answer is nobody's, and
   * what the store has not begun it does not begin.
   */
  ask<T>(
    ctx: WasiCtx,
    heldBytes: number,
    operate: (store: KeyValueStore, signal: AbortSignal) => StoreAnswer<T>,
  ): Outcome<T> {
    const charge = new Charge(ctx.held);
    charge.resize(OPERATION_HELD_BYTES + heldBytes);
    const abort = new AbortController();
    const answer = operate(this.#store, abort.signal);
    if (!(answer instanceof Promise)) {
      charge[Symbol.dispose]();
      return this.#toResult(ctx, answer);
    }
    return settle(ctx, answer, abort)
      .then((settled) => this.#toResult(ctx, settled))
      .finally(() => charge[Symbol.dispose]());
  }

  /** Guests do not learn where a store is; operators do. */
  #toResult<T>(ctx: WasiCtx, answer: Result<T, StoreError>): Result<T, KeyValueError> {
    if (answer.tag === 'ok') return answer;
    const { message, cause } = answer.val;
    if (cause !== undefined) {
      const why = toError(cause).message;
      ctx.grants.tell?.(`the key-value store ${this.#name} failed: ${message}: ${why}`);
    }
    return other(message);
  }
}

function other(message: string): Result<never, KeyValueError> {
  return err({ tag: 'other', val: message });
}

/** Says what is wrong with a key, or with its value. */
export function checkKey({ limits }: WasiCtx, key: string): Result<never, KeyValueError> | undefined {
  return checkSize('the key', Buffer.byteLength(key), 'maxKeyBytes', limits.maxKeyBytes);
}

export function checkPair(ctx: WasiCtx, key: string, value: Uint8Array): Result<never, KeyValueError> | undefined {
  return checkKey(ctx, key) ?? checkValue(ctx, value);
}

/** Others may write to a store too, so what comes from it is checked as well. */
export function checkValue({ limits }: WasiCtx, value: Uint8Array): Result<never, KeyValueError> | undefined {
  return checkSize('the value', value.byteLength, 'maxValueBytes', limits.maxValueBytes);
}

function checkSize(
  what: string,
  byteLength: number,
  limit: keyof Limits,
  max: number,
): Result<never, KeyValueError> | undefined {
  if (byteLength <= max) return undefined;
  return other(`${what} has ${byteLength} bytes, and may have ${max} (--limit ${toLimitName(limit)})`);
}
