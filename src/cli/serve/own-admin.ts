import { type Metrics, createMetrics } from '../../observe/metrics.ts';
import { type AdminPort, listenAdmin } from '../../server/admin.ts';
import type { ServePlan } from './serve-plan.ts';

/** The admin port of a process that serves by itself. */
export interface OwnAdmin extends AdminPort {
  /** What it tells: for the host to feed. */
  readonly metrics: Metrics;
}

/** Opens the port for `--admin-addr`, where one is given. Throws `HostError` where that fails. */
export async function openOwnAdmin({ adminAddress }: ServePlan): Promise<OwnAdmin | undefined> {
  if (adminAddress === undefined) return undefined;
  const metrics = await createMetrics();
  return { ...(await listenAdmin(metrics, adminAddress)), metrics };
}
