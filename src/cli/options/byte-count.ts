import { HostError } from '../../util/host-error.ts';

const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** Bytes of `10MB`, `16 KiB`, `1.5GiB`; a number alone is bytes. Throws `HostError`. */
export function parseByteCount(text: string): number {
  const parts = /^(?<amount>\d+(?:\.\d+)?)\s*(?<unit>[kmg]i?b|b)?$/i.exec(text.trim())?.groups;
  const bytes = Number(parts?.['amount']) * (BYTES_PER_UNIT[parts?.['unit']?.toLowerCase() ?? 'b'] ?? 1);
  if (Number.isSafeInteger(Math.round(bytes))) return Math.round(bytes);
  throw new HostError('bad-argument', `'${text}' is no size: write 10MB, 16KiB or bytes`);
}

/** Bytes as `parseByteCount` reads them, in the largest unit of which they are a whole number: `16KiB`, `10MB`, `7B`. */
export function formatByteCount(bytes: number): string {
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

/** As `parseByteCount`, for a size that something has to fit into. */
export function parseCapacity(text: string): number {
  const bytes = parseByteCount(text);
  if (bytes > 0) return bytes;
  throw new HostError('bad-argument', `nothing fits into '${text}': write at least 1 byte`);
}
