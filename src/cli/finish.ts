import type { Log } from '../observe/log.ts';
import { formatCount, formatTimeout } from '../util/format.ts';
import type { ServePlan } from './serve-plan.ts';

/** A stop under way: nothing more is accepted. */
export interface Closing {
  /** How many requests are at work. */
  readonly waiting: number;
  /** Resolves when all are over, with how many had to be cancelled. */
  readonly closed: Promise<number>;
}

/** Sees a stop because of `cause` through, and says whom it waits for and whom it gave up. */
export async function finish(
  { waiting, closed }: Closing,
  { drainTimeoutMs }: ServePlan,
  log: Log,
  cause: string,
): Promise<void> {
  const patience = formatTimeout(drainTimeoutMs);
  const waits =
    waiting === 0
      ? 'no requests at work'
      : `waiting up to ${patience} for ${formatCount(waiting, 'request')}; a second signal quits now`;
  log({ at: 'notice', level: 'info', message: `Stopping (${cause}): ${waits}` });
  const cancelled = await closed;
  if (cancelled === 0) return;
  const message = `${formatCount(cancelled, 'request')} cancelled: not done within ${patience} (--drain-timeout)`;
  log({ at: 'notice', level: 'warning', message });
}
