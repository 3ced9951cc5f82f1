import { type Host, createHost } from '../host.ts';
import { type Component, loadComponent } from '../load.ts';
import { type Voice, accessLogOf } from './logs.ts';
import type { Closing } from './finish.ts';
import type { ServePlan } from './serve-plan.ts';

/** Guests' backtraces are deeper than V8's usual ten frames, many of which are glue. */
const STACK_TRACE_LIMIT = 64;

/** The component of a plan. Throws `HostError`. */
export function loadPlanned({ file, load }: ServePlan): Promise<Component> {
  Error.stackTraceLimit = STACK_TRACE_LIMIT;
  return loadComponent(file, load);
}

/** A host as a plan wants it, which listens nowhere yet. Whoever creates it closes it. */
export function createServingHost(component: Component, plan: ServePlan, voice: Voice): Host {
  const { writeGuestOutput } = voice;
  return createHost(component, { ...plan.host, writeGuestOutput }, accessLogOf(voice, plan.accessLog));
}

/** Has a host accept nothing more. */
export function beginClosing(host: Host, { drainTimeoutMs }: ServePlan): Closing {
  const waiting = host.inFlight;
  return { waiting, closed: host.close(drainTimeoutMs) };
}
