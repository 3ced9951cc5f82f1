import { toWorldKind } from '../../component/world-kind.ts';
import { toServeConfig } from '../../config/to-serve-config.ts';
import { formatSeconds } from '../../config/kinds/duration.ts';
import type { ServeConfig } from '../../config/options.ts';
import type { Component } from '../../host/load.ts';
import type { StartRecord } from '../../observe/log.ts';
import type { AdminPort } from '../../server/admin.ts';
import { type Address, formatOrigin } from '../../server/http1/listen.ts';
import { listChangedLimits } from './changed-limits.ts';
import { type ServePlan, defaultStallTimeout } from './serve-plan.ts';

/** The log's record of a component that is now served at `addresses`. */
export function toStartRecord(component: Component, plan: ServePlan, addresses: readonly Address[]): StartRecord {
  const config = toServeConfig(plan.host);
  const { timeoutMs, maxConcurrentRequests, maxQueuedRequests } = config;
  return {
    origins: addresses.map(formatOrigin),
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
      others: [...listChangedLimits(plan), ...listStallTimeout(plan, config)],
    },
  };
}

/** The bound on stalls, if it is not the default, which follows from other options. */
function listStallTimeout({ stallTimeoutMs, load }: ServePlan, config: ServeConfig): string[] {
  return stallTimeoutMs === defaultStallTimeout(load, config)
    ? []
    : [`--stall-timeout ${formatSeconds(stallTimeoutMs)}`];
}

/** Adds the address of health and metrics to the record, if there is one. */
export function withAdmin(start: StartRecord, admin: AdminPort | undefined): StartRecord {
  return admin === undefined ? start : { ...start, adminOrigin: formatOrigin(admin.address) };
}
