import type { Log, StartRecord } from '../../observe/log.ts';
import type { ServePlan } from './serve-plan.ts';
import type { ShutdownPort } from './stop.ts';

/** Logs the start: what is served, how to stop it, and what the operator should know about options. */
export function announce(
  start: StartRecord,
  shutdownPort: ShutdownPort | undefined,
  { notices }: ServePlan,
  log: Log,
): void {
  log({ at: 'start', start });
  const asked = shutdownPort === undefined ? [] : [`Listening for shutdown on ${shutdownPort.url}`];
  for (const message of asked) log({ at: 'notice', level: 'info', message });
  for (const message of notices) log({ at: 'notice', level: 'warning', message });
}
