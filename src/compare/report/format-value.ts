import { formatBytes } from '../../util/format.ts';
import type { Measure } from './comparison.ts';

/** `12,345`, `0.42 ms`, `80 µs`, `45.1 MB`. */
export function formatValue(value: number, unit: Measure['unit']): string {
  if (!Number.isFinite(value)) return '-';
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'a second') return Math.round(value).toLocaleString('en-US');
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${Number(value.toFixed(digits)).toLocaleString('en-US')} ${unit === 'us' ? 'µs' : unit}`;
}

/** `3.4 times better`, `1.2 times worse`, `within noise`. */
export function formatTimesBetter({ timesBetter, isWithinNoise }: Measure): string {
  if (isWithinNoise) return 'within noise';
  const times = timesBetter >= 1 ? timesBetter : 1 / timesBetter;
  return `${times.toFixed(times < 10 ? 2 : 1)} times ${timesBetter >= 1 ? 'better' : 'worse'}`;
}
