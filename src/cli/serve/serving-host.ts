import type { ComponentSource } from '../../component/source.ts';
import { type Host, createHost } from '../../host/host.ts';
import { type Component, loadComponent } from '../../host/load.ts';
import { teeLog } from '../../observe/log.ts';
import type { Metrics } from '../../observe/metrics.ts';
import type { Address, ListeningSocket } from '../../server/http1/listen.ts';
import type { Closing } from './finish.ts';
import { collectWhenIdle } from './idle-memory.ts';
import { type Voice, accessLogOf } from './logs.ts';
import type { ServePlan } from './serve-plan.ts';
import type { StallWatch } from '../stall/stall-watch.ts';

/** Guests' backtraces are deeper than V8's usual ten frames, many of which are glue. */
const STACK_TRACE_LIMIT = 64;

/** The component of a plan, once its file is read, with whoever is told which guest runs. Throws `HostError`. */
export function loadPlanned(
  { label, bytes }: ComponentSource,
  { load }: ServePlan,
  { onRun }: Pick<StallWatch, 'onRun'>,
): Promise<Component> {
  Error.stackTraceLimit = STACK_TRACE_LIMIT;
  return loadComponent(bytes, { ...load, label, onRun });
}

/** A host that serves as a plan wants it, on a port. Whoever opens one disposes it. */
export interface ServingHost extends AsyncDisposable {
  readonly host: Host;
  /** The real one. */
  readonly address: Address;
}

/** Of a plan, what its host does; a worker has a socket in place of the address. */
type HostPlan = Pick<ServePlan, 'accessLog' | 'host'> & { readonly address: Address | ListeningSocket };

/** Feeds `metrics`, where there are any. Throws `HostError` where the port cannot be had. */
export async function openHost(
  component: Component,
  plan: HostPlan,
  voice: Voice,
  metrics: Metrics | undefined,
): Promise<ServingHost> {
  const { writeGuestOutput } = voice;
  await using opening = new AsyncDisposableStack();
  const accessLog = accessLogOf(voice, plan.accessLog);
  const log = metrics === undefined ? accessLog : teeLog(accessLog, metrics.log);
  const host = opening.use(createHost(component, { ...plan.host, writeGuestOutput }, log));
  metrics?.watch({ component: component.label, host });
  opening.use(collectWhenIdle(() => host.inFlight === 0));
  const { address } = await host.listen(plan.address);
  const open = opening.move();
  return { host, address, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Begins to stop a host, which goes on accepting for `delayMs`; if that is not given, until its clients are done. */
export function beginClosing(host: Host, { drainTimeoutMs }: ServePlan, delayMs: number | undefined): Closing {
  const waiting = host.inFlight;
  return { delayMs, waiting, closed: host.close(drainTimeoutMs, delayMs) };
}
