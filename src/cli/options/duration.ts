import { MAX_TIMER_MS } from '../../util/timers.ts';
import { HostError } from '../../util/host-error.ts';

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Milliseconds of `30s`, `500ms`, `2m`, `1.5h`; a number alone is seconds, as in `wasmtime serve`.
 *
 * What is below a millisecond and not 0 is one. Throws `HostError` where the text is no time or too long a one.
 */
export function parseDuration(text: string): number {
  const parts = /^(?<amount>\d+(?:\.\d+)?|\.\d+)\s*(?<unit>ns|us|µs|μs|ms|s|m|h)?$/.exec(text.trim())?.groups;
  if (parts === undefined) throw new HostError('bad-argument', `'${text}' is no time: write 30s, 500ms, 2m or seconds`);
  const ms = Number(parts['amount']) * (MS_PER_UNIT[parts['unit'] ?? 's'] ?? 1000);
  if (ms > MAX_TIMER_MS) throw new HostError('bad-argument', `'${text}' is too long: the longest time is 24 days`);
  return ms > 0 && ms < 1 ? 1 : Math.round(ms);
}

/** Milliseconds as `parseDuration` reads them: `30s`, `500ms`. */
export function formatSeconds(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** As `parseDuration`, for what cannot go without a bound. */
export function parseTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms > 0) return ms;
  throw new HostError('bad-argument', `'${text}' would be over at once: write a time above 0`);
}
