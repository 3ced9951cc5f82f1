import { type Metrics, createMetrics } from '../../observe/metrics.ts';
import type { CpuProfiler } from '../../observe/profile/profiler.ts';
import { type AdminPort, listenAdmin } from '../../server/admin.ts';
import type { MakeProfile } from '../../server/answer-profile.ts';
import type { ServePlan } from './serve-plan.ts';

/** The admin port of a process without workers. */
export interface OwnAdmin extends AdminPort {
  /** The metrics that it serves, which the host updates. */
  readonly metrics: Metrics;
}

/** Opens the port for `--admin-addr`, if given; with `--debug-endpoints`, it makes profiles with `profiler`. Throws `HostError` if that fails. */
export async function openOwnAdmin(
  { adminAddress, debugEndpoints }: ServePlan,
  profiler: CpuProfiler | undefined,
): Promise<OwnAdmin | undefined> {
  if (adminAddress === undefined) return undefined;
  const metrics = await createMetrics();
  const makeProfile: MakeProfile | undefined =
    profiler === undefined || !debugEndpoints ? undefined : (ms, signal) => profiler.profile(ms, signal);
  const admin = { isReady: () => metrics.isReady(), toText: () => metrics.toText(), makeProfile };
  return { ...(await listenAdmin(admin, adminAddress)), metrics };
}
