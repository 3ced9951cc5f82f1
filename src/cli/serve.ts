import { createHost } from '../host.ts';
import { loadComponent } from '../load.ts';
import { HostError } from '../util/host-error.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { finish } from './finish.ts';
import { type Voice, createVoice, withoutAccessLog } from './logs.ts';
import { sayIfSlow } from './preparing.ts';
import type { ServePlan } from './serve-plan.ts';
import { toStartRecord } from './start-record.ts';
import { type Stop, listenForShutdown, watchForStop } from './stop.ts';
import type { Terminal } from './terminal.ts';

/** Guests' backtraces are deeper than V8's usual ten frames, many of which are glue. */
const STACK_TRACE_LIMIT = 64;

/** Serves until somebody wants it to stop, then lets guests finish. A `HostError` is told in the log's format. */
export async function serve(plan: ServePlan, terminal: Terminal): Promise<ExitCode> {
  Error.stackTraceLimit = STACK_TRACE_LIMIT;
  const voice = createVoice(plan.logFormat, terminal);
  using stop = watchForStop(terminal.quit);
  try {
    await serveUntilStopped(plan, voice, stop);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    voice.log({ at: 'notice', level: 'error', message: error.message });
    return EXIT.failed;
  }
}

async function serveUntilStopped(plan: ServePlan, voice: Voice, stop: Stop): Promise<void> {
  const component = await sayIfSlow(plan.file, voice, () => loadComponent(plan.file, plan.load));
  const log = plan.accessLog === 'on' ? voice.log : withoutAccessLog(voice.log);
  await using host = createHost(component, { ...plan.host, writeGuestOutput: voice.writeGuestOutput }, log);
  const { address } = await host.listen(plan.address);
  using shutdownPort = await listenForShutdown(plan.shutdownAddress, stop);
  log({ at: 'start', start: toStartRecord(component, plan, address) });
  const asked = shutdownPort === undefined ? [] : [`Listening for shutdown on ${shutdownPort.url}`];
  for (const message of asked) log({ at: 'notice', level: 'info', message });
  for (const message of plan.notices) log({ at: 'notice', level: 'warning', message });
  await finish(host, plan, log, await stop.requested);
}
