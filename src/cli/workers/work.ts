import { beginProfile, createProfiler, ofProcess } from '../profile/profile-file.ts';
import { COLOURED, PLAIN } from '../../observe/terminal/paint.ts';
import { createMetrics } from '../../observe/metrics.ts';
import { HostError } from '../../util/host-error.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { createLogSink } from '../serve/log-sink.ts';
import { sayIfSlow } from '../serve/say-if-slow.ts';
import { beginClosing, loadPlanned, openHost } from '../serve/serving-host.ts';
import type { RoutedHost } from '../../host/routed-host.ts';
import { watchForStalls } from '../stall/stall-watch.ts';
import { toStartRecord } from '../serve/start-record.ts';
import type { Terminal } from '../terminal.ts';
import type { Begin } from './messages.ts';
import { type Primary, connectToPrimary } from './primary.ts';
import { toInherited } from './shared-sockets.ts';

/** Serves as one of several worker processes, until the primary tells it to stop or is gone; then lets guests finish. */
export async function work(terminal: Terminal): Promise<ExitCode> {
  const primary = connectToPrimary(() => terminal.quit(EXIT.done));
  const begin = await primary.begun;
  try {
    await serveUntilStopped(begin, primary, terminal);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    await primary.tell({ at: 'failed', code: error.code, message: error.message });
    return EXIT.failed;
  }
}

async function serveUntilStopped(begin: Begin, primary: Primary, terminal: Terminal): Promise<void> {
  const { plan, bytes, colour, primaryPid, preparing } = begin;
  const sink = createLogSink(plan.logFormat, { ...terminal, paintStderr: colour === 'on' ? COLOURED : PLAIN });
  const stallWatch = watchForStalls(plan, { colour, primaryPid }, sink.log);
  const source = { label: plan.file, bytes };
  const profiler = createProfiler(plan);
  const load = (): ReturnType<typeof loadPlanned> => loadPlanned(source, plan, stallWatch, profiler?.code);
  const component = preparing === 'told' ? await sayIfSlow(source, sink, load) : await load();
  const metrics = plan.adminAddress === undefined ? undefined : await createMetrics();
  await using serving = await openHost(component, { ...plan, listenOn: toInherited(plan.listenOn) }, sink, metrics);
  const { host, addresses } = serving;
  if (plan.idleProcessTimeoutMs !== undefined) tellConnections(host, primary);
  stallWatch.serving();
  primary.serving({ metrics, profiler });
  await using profile = await beginProfile(ofProcess(plan.profile, process.pid), profiler, sink.log);
  await primary.tell({ at: 'listening', start: toStartRecord(component, plan, addresses) });
  const bug = Promise.withResolvers<void>();
  using _bugs = terminal.bugs.whileServing({ ...plan, drain: bug.resolve });
  await Promise.race([primary.stopped, bug.promise]);
  const stoppedMs = performance.now();
  stallWatch.finishing();
  await primary.tell({ at: 'closing', waiting: host.inFlight });
  await Promise.race([primary.othersSettled, bug.promise]);
  // After a bug, stop accepting immediately.
  const delayMs = terminal.bugs.isSeen ? 0 : leftOf(plan.shutdownDelayMs, stoppedMs);
  const { closed } = beginClosing(host, plan, delayMs);
  const profiled = profile.finish();
  void host.settled.then(() => primary.tell({ at: 'settled' }));
  await profiled;
  await primary.tell({ at: 'closed', cancelled: await closed });
}

/** Tells the primary whether there are connections. */
function tellConnections(host: RoutedHost, primary: Primary): void {
  let told = 0;
  host.watchConnections((open) => {
    if (open > 0 === told > 0) return;
    told = open;
    void primary.tell({ at: 'connections', open });
  });
}

/** What is left of the time for which a stop that began at `stoppedMs` accepts connections, if it has one. */
function leftOf(delayMs: number | undefined, stoppedMs: number): number | undefined {
  return delayMs === undefined ? undefined : Math.max(0, delayMs - (performance.now() - stoppedMs));
}
