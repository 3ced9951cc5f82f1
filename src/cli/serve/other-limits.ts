import { DEFAULTS, type ServeOptions } from '../../config/options.ts';
import { DEFAULT_LIMITS, type Limits } from '../../util/limits.ts';
import { formatByteCount } from '../options/byte-count.ts';
import { formatSeconds } from '../options/duration.ts';
import { formatLimit } from '../options/guest-limits.ts';
import { toKebabCase } from '../../util/kebab-case.ts';

/** What a start tells anyway. */
const ALWAYS_TOLD: readonly string[] = ['timeoutMs', 'maxConcurrentRequests', 'maxQueuedRequests'];

/** The limits that are not at their defaults, each as the option that sets it: `--cpu-timeout 5s`, `--limit handles=7`. */
export function listOtherLimits({ limits = {}, ...options }: ServeOptions): string[] {
  const changed = listChanged(DEFAULTS, options).filter(([key]) => !ALWAYS_TOLD.includes(key));
  const onGuests = listChanged(DEFAULT_LIMITS, limits);
  return [
    ...changed.map(([key, value]) => `--${toKebabCase(key.replace(/Ms$|Bytes$/, ''))} ${formatValue(key, value)}`),
    ...onGuests.map(([key, value]) => `--limit ${formatLimit(key as keyof Limits, value)}`),
  ];
}

/** The numbers of `given` that are others than in `defaults`. */
function listChanged(defaults: object, given: object): [key: string, value: number][] {
  const usual = new Map<string, unknown>(Object.entries(defaults));
  return Object.entries(given).flatMap(([key, value]: [string, unknown]): [string, number][] =>
    typeof value === 'number' && value !== usual.get(key) ? [[key, value]] : [],
  );
}

function formatValue(key: string, value: number): string {
  if (key.endsWith('Ms')) return formatSeconds(value);
  return key.endsWith('Bytes') ? formatByteCount(value) : `${value}`;
}
