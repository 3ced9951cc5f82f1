import { type Result, err, ok } from '../../util/result.ts';
import type { StoreError } from './key-value-store.ts';

const MAX_S64 = 2n ** 63n - 1n;
const MIN_S64 = -(2n ** 63n);

/** As Redis writes and reads numbers: no space, no plus, no zero in front. */
const NUMBER = /^(?:0|-?[1-9]\d{0,18})$/;

export const NOT_A_NUMBER: StoreError = Object.freeze({
  message: 'the value is not a whole number of 64 bits in decimal digits',
});
export const OVERFLOW: StoreError = Object.freeze({ message: 'the sum does not fit a signed number of 64 bits' });
export const BELOW_ZERO: StoreError = Object.freeze({ message: 'the sum is below 0' });

/** The sum of a value, 0 if there is none, and `delta`. */
export function addTo(value: Uint8Array | undefined, delta: bigint): Result<bigint, StoreError> {
  const text = value === undefined ? '0' : Buffer.from(value).toString('latin1');
  const number = NUMBER.test(text) ? BigInt(text) : undefined;
  if (number === undefined || !fits(number)) return err(NOT_A_NUMBER);
  const sum = number + delta;
  if (!fits(delta) || !fits(sum)) return err(OVERFLOW);
  return sum < 0n ? err(BELOW_ZERO) : ok(sum);
}

/** The value that stands for a number. */
export function toValue(number: bigint): Uint8Array {
  return Buffer.from(String(number), 'latin1');
}

export function fits(number: bigint): boolean {
  return number >= MIN_S64 && number <= MAX_S64;
}
