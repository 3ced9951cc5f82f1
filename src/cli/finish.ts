import type { Host } from '../host.ts';
import type { Log } from '../observe/log.ts';
import { formatCount, formatTimeout } from '../util/format.ts';
import type { ServePlan } from './serve-plan.ts';

/** Closes the host because of `cause`, and says whom it waits for and whom it gave up. */
export async function finish(host: Host, { drainTimeoutMs }: ServePlan, log: Log, cause: string): Promise<void> {
  const waiting = host.inFlight;
  const patience = formatTimeout(drainTimeoutMs);
  const waits =
    waiting === 0
      ? 'no requests at work'
      : `waiting up to ${patience} for ${formatCount(waiting, 'request')}; a second signal quits now`;
  log({ at: 'notice', level: 'info', message: `Stopping (${cause}): ${waits}` });
  const cancelled = await host.close(drainTimeoutMs);
  if (cancelled === 0) return;
  const message = `${formatCount(cancelled, 'request')} cancelled: not done within ${patience} (--drain-timeout)`;
  log({ at: 'notice', level: 'warning', message });
}
