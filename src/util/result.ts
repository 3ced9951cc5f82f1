/** WIT's `result`. A function that can fail returns one; it throws only a `Trap`. */
export type Result<T, E> = { readonly tag: 'ok'; readonly val: T } | { readonly tag: 'err'; readonly val: E };

/** The `ok` of a function that returns no value. */
export const OK: Result<undefined, never> = Object.freeze({ tag: 'ok', val: undefined });

export function ok<T>(val: T): Result<T, never> {
  return { tag: 'ok', val };
}

export function err<E>(val: E): Result<never, E> {
  return { tag: 'err', val };
}
