import { LimitExceeded } from '../util/trap.ts';
import { toLimitName } from '../util/limits.ts';
import { type CancelReason, Cancelled } from '../wasi/context.ts';

/** The options that bound what a request may take: its time, and what it has the host hold. */
const LIMIT_BY_REASON: Readonly<Partial<Record<CancelReason, string>>> = {
  deadline: 'timeout',
  cpu: 'cpu-timeout',
  held: toLimitName('maxHeldBytes'),
  evicted: toLimitName('maxTotalHeldBytes'),
};

/** The limit that ended a guest so, by its name at the command line; `undefined` where none did. */
export function limitOf(thrown: unknown): string | undefined {
  if (thrown instanceof LimitExceeded) return toLimitName(thrown.limit);
  return thrown instanceof Cancelled ? LIMIT_BY_REASON[thrown.reason] : undefined;
}
