import { createVoice } from './logs.ts';
import { announce } from './announce.ts';
import type { ExitCode } from './exit-code.ts';
import { finish } from './finish.ts';
import { sayIfSlow } from './preparing.ts';
import type { ServePlan } from './serve-plan.ts';
import { beginClosing, loadPlanned, openHost } from './serving-host.ts';
import { toStartRecord } from './start-record.ts';
import { listenForShutdown, watchForStop } from './stop.ts';
import { tellHostErrors } from './tell-host-errors.ts';
import type { Terminal } from './terminal.ts';

/** Serves in this process until somebody wants it to stop, then lets guests finish. */
export async function serve(plan: ServePlan, terminal: Terminal): Promise<ExitCode> {
  const voice = createVoice(plan.logFormat, terminal);
  using stop = watchForStop(terminal.quit);
  return await tellHostErrors(voice.log, async () => {
    const component = await sayIfSlow(plan.file, voice, () => loadPlanned(plan));
    await using serving = await openHost(component, plan, voice);
    using shutdownPort = await listenForShutdown(plan.shutdownAddress, stop);
    announce(toStartRecord(component, plan, serving.address), shutdownPort, plan, voice.log);
    const cause = await stop.requested;
    await finish(beginClosing(serving.host, plan), plan, voice.log, cause);
  });
}
