import { readSource } from '../../component/source.ts';
import { announce } from '../serve/announce.ts';
import type { ExitCode } from '../exit-code.ts';
import { finish } from '../serve/finish.ts';
import { createVoice } from '../serve/logs.ts';
import type { ServePlan } from '../serve/serve-plan.ts';
import { withAdmin } from '../serve/start-record.ts';
import { listenForShutdown, watchForStop } from '../serve/stop.ts';
import { tellHostErrors } from '../serve/tell-host-errors.ts';
import type { Terminal } from '../terminal.ts';
import { Crew } from './crew.ts';
import { openCrewAdmin } from './crew-admin.ts';
import { bindSharedSocket } from './shared-socket.ts';

/** Serves by several processes, and never itself, until somebody wants that to stop; then lets guests finish. */
export async function supervise(plan: ServePlan, terminal: Terminal): Promise<ExitCode> {
  const { log } = createVoice(plan.logFormat, terminal);
  return await tellHostErrors(log, async () => {
    const { bytes } = readSource(plan.file, plan.load.limits?.maxComponentBytes);
    using socket = await bindSharedSocket(plan.address);
    const crew = new Crew(plan, { bytes, socket }, terminal, log);
    using stop = watchForStop((exitCode) => {
      crew.kill();
      terminal.quit(exitCode);
    });
    await using admin = await openCrewAdmin(plan, crew);
    using shutdownPort = await listenForShutdown(plan.shutdownAddress, stop);
    const start = await Promise.race([crew.start(), stop.requested.then(() => undefined)]);
    if (start !== undefined) announce(withAdmin(start, admin), shutdownPort, plan, log);
    const cause = await stop.requested;
    await finish(await crew.close(), plan, log, cause);
  });
}
