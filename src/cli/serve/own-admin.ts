import { type Metrics, createMetrics } from '../../observe/metrics.ts';
import { type AdminPort, listenAdmin } from '../../server/admin.ts';
import type { ServePlan } from './serve-plan.ts';

/** The admin port of a process without workers. */
export interface OwnAdmin extends AdminPort {
  /** The metrics that it serves, which the host updates. */
  readonly metrics: Metrics;
}

/** Opens the port for `--admin-addr`, if given. Throws `HostError` if that fails. */
export async function openOwnAdmin({ adminAddress }: ServePlan): Promise<OwnAdmin | undefined> {
  if (adminAddress === undefined) return undefined;
  const metrics = await createMetrics();
  return { ...(await listenAdmin(metrics, adminAddress)), metrics };
}
