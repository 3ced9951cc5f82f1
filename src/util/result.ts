/**
 * WIT's `result`. A function that can fail returns one; it throws only a `Trap`.
 *
 * @example
 * ```ts
 * const parse: HostFunc<WasiCtx> = (_ctx, text: string): Result<number, string> =>
 *   /^\d+$/.test(text) ? ok(Number(text)) : err(`not a number: ${text}`);
 * ```
 */
export type Result<T, E> = { readonly tag: 'ok'; readonly val: T } | { readonly tag: 'err'; readonly val: E };

/** The `ok` of a function that returns no value. */
export const OK: Result<undefined, never> = Object.freeze({ tag: 'ok', val: undefined });

/** Success, with a value; see `Result`. */
export function ok<T>(val: T): Result<T, never> {
  return { tag: 'ok', val };
}

/** Failure, with an error; see `Result`. */
export function err<E>(val: E): Result<never, E> {
  return { tag: 'err', val };
}
