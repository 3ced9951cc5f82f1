import type { Metrics } from '../../observe/metrics.ts';
import type { CpuProfiler } from '../../observe/profile/profiler.ts';
import { warnOfBug } from '../../util/bug.ts';
import type { Begin, FromWorker, StopTime, ToWorker } from './messages.ts';

/** The supervising process, as a worker sees it. */
export interface Primary {
  readonly begun: Promise<Begin>;
  /** Resolves when the primary tells this worker to finish, or has gone away. Before `serving()`, either ends the process immediately. */
  readonly stopped: Promise<void>;
  /** Resolves when no other worker needs this one to go on serving. */
  readonly othersSettled: Promise<void>;
  /** From now on there may be requests to finish, and there is what the primary may ask for. */
  serving(asked: Askable): void;
  /** Resolves when the message has been sent, or the primary is gone. */
  tell(message: FromWorker): Promise<void>;
}

/** What the primary may ask a worker for, if it is there. */
export interface Askable {
  readonly metrics: Metrics | undefined;
  readonly profiler: CpuProfiler | undefined;
}

/** The worker's end of the channel. `quit` ends the process. */
export function connectToPrimary(quit: () => void): Primary {
  const begun = Promise.withResolvers<Begin>();
  const stopped = Promise.withResolvers<void>();
  const othersSettled = Promise.withResolvers<void>();
  let state: { at: 'starting' } | { at: 'serving'; asked: Askable } = { at: 'starting' };
  let profiling = new AbortController();
  const stop = (when: StopTime): void => {
    if (state.at === 'starting') quit();
    stopped.resolve();
    if (when === 'now') othersSettled.resolve();
  };
  // Ctrl-C in a terminal, and many process managers, signal workers too. The primary decides what a signal means.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('message', (message: ToWorker) => {
    if (message.at === 'begin') begun.resolve(message);
    else if (message.at === 'turn') tell({ at: 'turns' }).catch(warnOfBug);
    else if (message.at === 'metrics')
      tellMetrics(state.at === 'serving' ? state.asked.metrics : undefined).catch(warnOfBug);
    else if (message.at === 'profile') {
      profiling = new AbortController();
      const profiler = state.at === 'serving' ? state.asked.profiler : undefined;
      tellProfile(message, profiler, profiling.signal).catch(warnOfBug);
    } else if (message.at === 'end-profile') profiling.abort();
    else if (message.at === 'stop') stop(message.when);
    else othersSettled.resolve();
  });
  process.on('disconnect', () => stop('now'));
  const serving = (asked: Askable): void => void (state = { at: 'serving', asked });
  return { begun: begun.promise, stopped: stopped.promise, othersSettled: othersSettled.promise, serving, tell };
}

async function tellMetrics(metrics: Metrics | undefined): Promise<void> {
  await tell({ at: 'metrics', records: (await metrics?.toRecords()) ?? [] });
}

async function tellProfile(
  { number, ms }: Extract<ToWorker, { at: 'profile' }>,
  profiler: CpuProfiler | undefined,
  signal: AbortSignal,
): Promise<void> {
  await tell({ at: 'profile', number, profile: await profiler?.profile(ms, signal) });
}

function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
