import { type Result, err, ok } from '../../util/result.ts';
import { MAX_TIMER_MS } from '../../util/timers.ts';
import { type OptionKind, atLeast, checkWhole, explainZero, scalar } from './option-kind.ts';

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

/** Times of at least `min` milliseconds. `zero` is what 0 means, if it means something else. */
export function durationKind({
  min = 0,
  zero,
}: { readonly min?: number; readonly zero?: string | undefined } = {}): OptionKind<number> {
  return scalar({
    name: 'duration',
    placeholder: '<time>',
    type: 'a number of milliseconds',
    parse: (text) => {
      const ms = parseDuration(text);
      return ms.tag === 'ok' ? atLeast(ms.val, min, '1ms') : err(`${ms.val}${explainZero(zero)}`);
    },
    check: (value) => checkWhole(value, { min, max: MAX_TIMER_MS, unit: 'milliseconds', zero }),
    format: formatSeconds,
  });
}

/**
 * Milliseconds of `30s`, `500ms`, `2m`, `1.5h`; a number alone is seconds, as in `wasmtime serve`.
 *
 * A time below a millisecond that is not 0 is a millisecond.
 */
export function parseDuration(text: string): Result<number, string> {
  const parts = /^(?<amount>\d+(?:\.\d+)?|\.\d+)\s*(?<unit>ns|us|µs|μs|ms|s|m|h)?$/.exec(text.trim())?.groups;
  if (parts === undefined) return err('write 30s, 500ms, 2m or a number of seconds');
  const ms = Number(parts['amount']) * (MS_PER_UNIT[parts['unit'] ?? 's'] ?? 1000);
  if (ms > MAX_TIMER_MS) return err('that is too long, the longest time is 24 days');
  return ok(ms > 0 && ms < 1 ? 1 : Math.round(ms));
}

/** Milliseconds as `parseDuration` reads them: `30s`, `500ms`. */
export function formatSeconds(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
