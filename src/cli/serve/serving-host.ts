import type { ComponentSource } from '../../component/source.ts';
import { toServeConfig } from '../../config/to-serve-config.ts';
import type { Host } from '../../host/host.ts';
import { type Component, loadComponent } from '../../host/load.ts';
import { RoutedHost } from '../../host/routed-host.ts';
import { warmUp } from '../../host/warm-up/warm-up.ts';
import { teeLog } from '../../observe/log.ts';
import type { GuestCode } from '../../observe/profile/guest-code.ts';
import type { Metrics } from '../../observe/metrics.ts';
import type { Address } from '../../server/http1/listen.ts';
import { keepLongTraces } from '../keep-long-traces.ts';
import type { Closing } from './finish.ts';
import { openAccessLog } from './access-log.ts';
import type { LogSink } from './log-sink.ts';
import type { ServePlan } from './serve-plan.ts';
import type { StallWatch } from '../stall/stall-watch.ts';

/** Loads the component of a plan from its bytes; `onRun` is called when a guest runs, and `guestCode` told of its code. Throws `HostError`. */
export function loadPlanned(
  { label, bytes }: ComponentSource,
  { load }: ServePlan,
  { onRun }: Pick<StallWatch, 'onRun'>,
  guestCode: GuestCode | undefined,
): Promise<Component> {
  keepLongTraces();
  return loadComponent(bytes, { ...load, label, onRun, guestCode });
}

/** A host that serves according to a plan, on its ports. The caller must dispose it. */
export interface ServingHost extends AsyncDisposable {
  readonly host: RoutedHost;
  /** The actual addresses. */
  readonly addresses: readonly Address[];
}

/** The part of a plan for its host; a worker has sockets instead of addresses. */
type HostPlan = Pick<ServePlan, 'accessLog' | 'host' | 'listenOn' | 'load'>;

/** Opens a host, which updates `metrics`, if there are any. Throws `HostError` if it cannot listen. */
export async function openHost(
  component: Component,
  plan: HostPlan,
  sink: LogSink,
  metrics: Metrics | undefined,
): Promise<ServingHost> {
  const { writeGuestOutput } = sink;
  await using opening = new AsyncDisposableStack();
  const accessLog = opening.use(openAccessLog(plan.accessLog, sink));
  const log = metrics === undefined ? accessLog.log : teeLog(accessLog.log, metrics.log);
  // Without an app: Hono takes 10 ms of a start.
  const config = toServeConfig({ ...plan.host, idleMemory: 'returned', writeGuestOutput });
  const host = opening.use(new RoutedHost(config, log));
  host.mountComponent('/', component, config);
  metrics?.watch({ component: component.label, host });
  const addresses: Address[] = [];
  for (const target of plan.listenOn) addresses.push((await host.listen(target)).address);
  const warming = new AbortController();
  opening.defer(() => warming.abort());
  const { cache } = plan.load;
  void warmUp({ isBusy: () => host.inFlight > 0, signal: warming.signal, cache });
  const open = opening.move();
  return { host, addresses, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Begins to stop a host, which keeps accepting for `delayMs`; by default, until its clients are done. */
export function beginClosing(host: Host, { drainTimeoutMs }: ServePlan, delayMs: number | undefined): Closing {
  const waiting = host.inFlight;
  return { delayMs, waiting, closed: host.close(drainTimeoutMs, delayMs) };
}
