import { sumMetrics } from '../../observe/metrics.ts';
import { type AdminPort, listenAdmin } from '../../server/admin.ts';
import type { MakeProfile } from '../../server/answer-profile.ts';
import type { ServePlan } from '../serve/serve-plan.ts';
import type { WorkerPool } from './worker-pool.ts';
import { createWorkerPoolMetrics } from './worker-pool-metrics.ts';

/**
 * Opens the port for `--admin-addr`, if one is given. It reports on all workers together, including those that do not answer. Throws `HostError`
 * if the port cannot be opened.
 */
export async function openWorkerPoolAdmin(
  { adminAddress, debugEndpoints }: ServePlan,
  workers: WorkerPool,
): Promise<AdminPort | undefined> {
  if (adminAddress === undefined) return undefined;
  const readOwn = await createWorkerPoolMetrics(() => workers.counts);
  return await listenAdmin(
    {
      isReady: () => workers.isAccepting,
      toText: async () => sumMetrics([...(await workers.readMetrics()), await readOwn()]),
      makeProfile: debugEndpoints ? oneAtATime(workers.makeProfile) : undefined,
      describe: () => `${workers.counts.answering} of ${workers.counts.wanted} workers are responding\n`,
    },
    adminAddress,
  );
}

function oneAtATime(make: MakeProfile): MakeProfile {
  let isMaking = false;
  return async (ms, signal) => {
    if (isMaking) return 'busy';
    isMaking = true;
    try {
      return await make(ms, signal);
    } finally {
      isMaking = false;
    }
  };
}
