import { beginProfile, createProfiler } from '../profile/profile-file.ts';
import { readSource } from '../../component/source.ts';
import { colourOf, createLogSink } from './log-sink.ts';
import { announce } from './announce.ts';
import type { ExitCode } from '../exit-code.ts';
import { finish } from './finish.ts';
import { IdleStop } from './idle-stop.ts';
import { sayIfSlow } from './say-if-slow.ts';
import { openOwnAdmin } from './own-admin.ts';
import type { ServePlan } from './serve-plan.ts';
import { beginClosing, loadPlanned, openHost } from './serving-host.ts';
import { toStartRecord, withAdmin } from './start-record.ts';
import { watchForStalls } from '../stall/stall-watch.ts';
import { listenForShutdown, watchForStop } from './stop.ts';
import { tellHostErrors } from './tell-host-errors.ts';
import type { Terminal } from '../terminal.ts';

/** Serves in this process until it is told to stop; then lets guests finish. */
export async function serve(plan: ServePlan, terminal: Terminal): Promise<ExitCode> {
  const sink = createLogSink(plan.logFormat, terminal);
  using stop = watchForStop(terminal.quit);
  return await tellHostErrors(sink.log, async () => {
    const colour = colourOf(terminal);
    const stallWatch = watchForStalls(plan, { colour, primaryPid: undefined }, sink.log);
    const profiler = createProfiler(plan);
    await using admin = await openOwnAdmin(plan, profiler);
    const source = await readSource(plan.file, plan.load.limits?.maxComponentBytes);
    const component = await sayIfSlow(source, sink, () => loadPlanned(source, plan, stallWatch, profiler?.code));
    await using serving = await openHost(component, plan, sink, admin?.metrics);
    await using profile = await beginProfile(plan.profile, profiler, sink.log);
    stallWatch.serving();
    using shutdownPort = await listenForShutdown(plan.shutdownAddress, stop);
    const start = toStartRecord(component, plan, serving.addresses);
    announce(withAdmin(start, admin), shutdownPort, plan, sink.log);
    const drain = (): void => stop.request('an error in wasi-serve itself');
    using _bugs = terminal.bugs.whileServing({ ...plan, drain });
    using idleStop = new IdleStop(plan, stop);
    serving.host.watchConnections(idleStop.update);
    const cause = await stop.requested;
    stallWatch.finishing();
    // After a bug, stop accepting immediately.
    const delayMs = terminal.bugs.isSeen ? 0 : plan.shutdownDelayMs;
    const closing = beginClosing(serving.host, plan, delayMs);
    await Promise.all([profile.finish(), finish(closing, plan, sink.log, cause)]);
  });
}
