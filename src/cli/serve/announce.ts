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
  // Before the start, as in wasmtime: tools read lines until they find the port that serves.
  if (shutdownPort !== undefined) {
    log({ at: 'notice', level: 'info', message: `Listening for shutdown on ${shutdownPort.url}` });
  }
  log({ at: 'start', start });
  for (const message of notices) log({ at: 'notice', level: 'warning', message });
}
