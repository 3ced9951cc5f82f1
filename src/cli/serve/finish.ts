import type { Log } from '../../observe/log.ts';
import { formatCount, formatTimeout } from '../../util/format.ts';
import type { ServePlan } from './serve-plan.ts';

/** A shutdown in progress. */
export interface Closing {
  /** How long it keeps accepting; by default, until clients are done. */
  readonly delayMs: number | undefined;
  /** The number of requests in progress; `undefined` if not all workers have told theirs. */
  readonly waiting: number | undefined;
  /** Resolves when all are over, to how many had to be cancelled. */
  readonly closed: Promise<number>;
}

/** Completes a shutdown, and logs its `cause`, what it waits for, and what was cancelled. */
export async function finish(
  { delayMs, waiting, closed }: Closing,
  { drainTimeoutMs }: ServePlan,
  log: Log,
  cause: string,
): Promise<void> {
  const patience = formatTimeout(drainTimeoutMs);
  log({ at: 'notice', level: 'info', message: `Stopping (${cause}): ${describeWait(delayMs, waiting, patience)}` });
  const cancelled = await closed;
  if (cancelled === 0) return;
  const message = `${formatCount(cancelled, 'request')} cancelled: not done within ${patience} (--drain-timeout)`;
  log({ at: 'notice', level: 'warning', message });
}

function describeWait(delayMs: number | undefined, waiting: number | undefined, patience: string): string {
  if (delayMs !== undefined && delayMs > 0) {
    return `serving for another ${formatTimeout(delayMs)}, then waiting up to ${patience} for requests; a second signal quits now`;
  }
  if (waiting === 0) return 'no requests at work';
  const requests = waiting === undefined ? 'requests' : formatCount(waiting, 'request');
  return `waiting up to ${patience} for ${requests}; a second signal quits now`;
}
