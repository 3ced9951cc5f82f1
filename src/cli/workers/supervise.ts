import { readSource } from '../../component/source.ts';
import { announce } from '../serve/announce.ts';
import type { ExitCode } from '../exit-code.ts';
import { finish } from '../serve/finish.ts';
import { IdleStop } from '../serve/idle-stop.ts';
import { createLogSink } from '../serve/log-sink.ts';
import type { ServePlan } from '../serve/serve-plan.ts';
import { withAdmin } from '../serve/start-record.ts';
import { listenForShutdown, watchForStop } from '../serve/stop.ts';
import { tellHostErrors } from '../serve/tell-host-errors.ts';
import type { Terminal } from '../terminal.ts';
import { WorkerPool } from './worker-pool.ts';
import { openWorkerPoolAdmin } from './worker-pool-admin.ts';
import { bindSharedSockets } from './shared-sockets.ts';

/** Serves with several worker processes, never in this one, until it is told to stop; then lets guests finish. */
export async function supervise(plan: ServePlan, terminal: Terminal): Promise<ExitCode> {
  const { log } = createLogSink(plan.logFormat, terminal);
  return await tellHostErrors(log, async () => {
    const { bytes } = await readSource(plan.file, plan.load.limits?.maxComponentBytes);
    using sockets = await bindSharedSockets(plan.listenOn);
    using stop = watchForStop((exitCode) => {
      workers.kill();
      terminal.quit(exitCode);
    });
    using idleStop = new IdleStop(plan, stop);
    const onConnections = idleStop.update;
    const workers = new WorkerPool(plan, { bytes, sockets, onConnections }, terminal, log);
    await using admin = await openWorkerPoolAdmin(plan, workers);
    using shutdownPort = await listenForShutdown(plan.shutdownAddress, stop);
    const start = await Promise.race([workers.start(), stop.requested.then(() => undefined)]);
    if (start !== undefined) announce(withAdmin(start, admin), shutdownPort, plan, log);
    const cause = await stop.requested;
    await finish(await workers.close(), plan, log, cause);
  });
}
