import { toWorldKind } from '../../component/world-kind.ts';
import { DEFAULTS, type ServeOptions } from '../../config/options.ts';
import type { Component } from '../../host/load.ts';
import type { StartRecord } from '../../observe/log.ts';
import type { AdminPort } from '../../server/admin.ts';
import { type Address, formatOrigin } from '../../server/http1/listen.ts';
import { formatSeconds } from '../options/duration.ts';
import { listOtherLimits } from './other-limits.ts';
import type { ServePlan } from './serve-plan.ts';
import { defaultStallTimeoutMs } from '../stall/stall-bounds.ts';

/** What the log says of a component that is now served at `address`. */
export function toStartRecord(component: Component, plan: ServePlan, address: Address): StartRecord {
  const { timeoutMs, maxConcurrentRequests, maxQueuedRequests } = { ...DEFAULTS, ...plan.host };
  return {
    origin: formatOrigin(address),
    component: component.label,
    byteLength: component.byteLength,
    world: toWorldKind(component.world).name,
    imports: component.world.imports,
    engine: component.engine,
    isolation: component.isolation,
    preemption: component.preemption,
    limits: {
      timeoutMs,
      maxConcurrentRequests,
      maxQueuedRequests,
      others: [...listOtherLimits(plan.host), ...listStallTimeout(plan), ...listOutbound(plan.host)],
    },
  };
}

/** The bound on how long this process may stand still, where it is not the one that follows from the others. */
function listStallTimeout({ stallTimeoutMs, load, host }: ServePlan): string[] {
  const { timeoutMs, cpuTimeoutMs } = { ...DEFAULTS, ...host };
  const usualMs = load.preemption === 'off' ? 0 : defaultStallTimeoutMs(timeoutMs, cpuTimeoutMs);
  return stallTimeoutMs === usualMs ? [] : [`--stall-timeout ${formatSeconds(stallTimeoutMs)}`];
}

function listOutbound({ outbound = [] }: ServeOptions): string[] {
  return outbound.map((pattern) => `--outbound ${pattern}`);
}

/** The record with where health and metrics are, if they are. */
export function withAdmin(start: StartRecord, admin: AdminPort | undefined): StartRecord {
  return admin === undefined ? start : { ...start, adminOrigin: formatOrigin(admin.address) };
}
