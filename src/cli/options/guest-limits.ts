import { DEFAULT_LIMITS, type Limits, toLimitName } from '../../util/limits.ts';
import { HostError } from '../../util/host-error.ts';
import { formatByteCount, parseCapacity } from './byte-count.ts';
import { parseCountFrom } from './count.ts';

type LimitKey = keyof Limits;

/** By the name on the command line. */
const KEYS: ReadonlyMap<string, LimitKey> = new Map(
  (Object.keys(DEFAULT_LIMITS) as LimitKey[]).map((key) => [toLimitName(key), key]),
);

/** Of defaults that are not the same everywhere. */
const ORIGINS: Readonly<Partial<Record<LimitKey, string>>> = Object.freeze({
  maxTotalMemoryBytes: "half of this machine's, a part for each worker",
  maxTotalInstanceHeapBytes: "a quarter of V8's heap",
  maxTotalHeldBytes: "a quarter of V8's heap at most, a part for each worker",
});

/** All names with their defaults, for the help. */
export function listLimits(): string {
  const lines = Array.from(KEYS, ([name, key]) => `  ${name.padEnd(26)} ${formatDefault(key)}`);
  return `\nLimits on guests, by default:\n${lines.join('\n')}`;
}

/** A limit as `parseLimits` reads it: `fields-bytes=64KiB`. */
export function formatLimit(key: LimitKey, value: number): string {
  return `${toLimitName(key)}=${isSize(key) ? formatByteCount(value) : value}`;
}

/** What of the limits is not each worker's own by default: the machine's memory is there once. Without workers this process has all of it. */
export function shareAmong(workers: number): Pick<Limits, 'maxTotalMemoryBytes' | 'maxTotalHeldBytes'> {
  const { maxTotalMemoryBytes, maxTotalHeldBytes } = DEFAULT_LIMITS;
  const parts = Math.max(1, workers);
  return {
    maxTotalMemoryBytes: Math.floor(maxTotalMemoryBytes / parts),
    maxTotalHeldBytes: Math.floor(maxTotalHeldBytes / parts),
  };
}

/** What `--limit name=value` says, given any number of times; the last counts. Throws `HostError`. */
export function parseLimits(texts: readonly string[]): Partial<Limits> {
  return Object.fromEntries(texts.map(parseLimit));
}

/** The value of a limit, as `parseLimits` reads it. Throws `HostError`. */
export function parseLimitValue(key: LimitKey, text: string): number {
  if (isSize(key)) return parseCapacity(text);
  // Without any read, write or turn a guest waits for ever; the others may be none at all.
  return parseCountFrom(key === 'maxBufferedWrites' || key === 'maxConcurrentOutbound' ? 1 : 0)(text);
}

function parseLimit(text: string): [LimitKey, number] {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  const key = KEYS.get(name);
  if (key === undefined || equals === -1) {
    throw new HostError('bad-argument', `--limit ${text}: write name=value; names are ${[...KEYS.keys()].join(', ')}`);
  }
  return [key, parseLimitValue(key, text.slice(equals + 1))];
}

function isSize(key: LimitKey): boolean {
  return key.endsWith('Bytes');
}

function formatDefault(key: LimitKey): string {
  const value = DEFAULT_LIMITS[key];
  const text = isSize(key) ? formatByteCount(value) : value.toLocaleString('en-US');
  const origin = ORIGINS[key];
  return origin === undefined ? text : `${text}: ${origin}`;
}
