import { type Result, err, ok } from '../../util/result.ts';
import { type OptionKind, atLeast, checkWhole, explainZero, scalar } from './option-kind.ts';

const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** Sizes of at least `min` bytes. `zero` is what 0 means, if it means something else. */
export function sizeKind({
  min = 1,
  zero,
}: { readonly min?: number; readonly zero?: string | undefined } = {}): OptionKind<number> {
  return scalar({
    name: 'size',
    placeholder: '<size>',
    type: 'a number of bytes',
    parse: (text) => {
      const size = parseSize(text);
      return size.tag === 'ok' ? atLeast(size.val, min, `${min} byte`) : err(`${size.val}${explainZero(zero)}`);
    },
    check: (value) => checkWhole(value, { min, unit: 'bytes', zero }),
    format: formatSize,
  });
}

/** Bytes of `10MB`, `16 KiB`, `1.5GiB`; a number alone is bytes. */
function parseSize(text: string): Result<number, string> {
  const parts = /^(?<amount>\d+(?:\.\d+)?)\s*(?<unit>[kmg]i?b|b)?$/i.exec(text.trim())?.groups;
  const bytes = Number(parts?.['amount']) * (BYTES_PER_UNIT[parts?.['unit']?.toLowerCase() ?? 'b'] ?? 1);
  if (Number.isSafeInteger(Math.round(bytes))) return ok(Math.round(bytes));
  return err('write 64KiB, 10MB or a number of bytes');
}

/** Bytes as `parseSize` reads them, in the largest unit of which they are a whole number: `16KiB`, `10MB`, `7B`. */
export function formatSize(bytes: number): string {
  const [unit, size] = UNITS_BY_SIZE.find(
    ([, bytesPerUnit]) => bytes >= bytesPerUnit && bytes % bytesPerUnit === 0,
  ) ?? ['B', 1];
  return `${bytes / size}${unit}`;
}

const UNITS_BY_SIZE = [
  ['GiB', 1024 ** 3],
  ['GB', 1e9],
  ['MiB', 1024 ** 2],
  ['MB', 1e6],
  ['KiB', 1024],
  ['kB', 1e3],
] as const;
