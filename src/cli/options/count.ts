import { HostError } from '../../util/host-error.ts';

/** A parser of whole numbers from `min`. It throws `HostError`. */
export function parseCountFrom(min: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count >= min) return count;
    throw new HostError('bad-argument', `'${text}' is no whole number from ${min}`);
  };
}
