import type { Result } from '../../util/result.ts';

/** Why a store did not do what it was asked to. */
export interface StoreError {
  /** What the guest may know. */
  readonly message: string;
  /** What only the operator may know: addresses, paths. */
  readonly cause?: unknown;
}

/** What an operation gives, now or later. It never rejects. */
export type StoreAnswer<T> = Result<T, StoreError> | Promise<Result<T, StoreError>>;

export type KeyValuePair = readonly [key: string, value: Uint8Array];

/** A page of keys. */
export interface KeyPage {
  readonly keys: string[];
  /** Where the next page begins; `undefined` after the last one. */
  readonly cursor: bigint | undefined;
}

/**
 * Values by their keys, as all requests, and perhaps other processes, share them.
 *
 * `signal` says that nobody waits for the answer any longer: what has not begun by then need not begin. Arrays belong to the store once they are given to
 * it, and nobody changes those that it gives.
 */
export interface KeyValueStore extends AsyncDisposable {
  /** The values of keys, in the order of the keys. */
  getMany(keys: readonly string[], signal: AbortSignal): StoreAnswer<(Uint8Array | undefined)[]>;
  /** Sets all of them or none. */
  setMany(pairs: readonly KeyValuePair[], signal: AbortSignal): StoreAnswer<undefined>;
  /** Deletes all of them or none. */
  deleteMany(keys: readonly string[], signal: AbortSignal): StoreAnswer<undefined>;
  has(key: string, signal: AbortSignal): StoreAnswer<boolean>;
  /** The page that begins at `cursor`, the first at 0. A key that is there all the while is on one of the pages. */
  list(cursor: bigint, signal: AbortSignal): StoreAnswer<KeyPage>;
  /** Adds `delta` to a number of 64 bits in decimal digits, 0 if it is not there, and gives the sum; if that is below 0, or too large, nothing happens. */
  increment(key: string, delta: bigint, signal: AbortSignal): StoreAnswer<bigint>;
}

/** Keys of a page, if there are so many. */
export const PAGE_KEYS = 1000;
