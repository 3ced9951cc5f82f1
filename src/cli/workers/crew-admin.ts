import { sumMetrics } from '../../observe/metrics.ts';
import { type AdminPort, listenAdmin } from '../../server/admin.ts';
import type { ServePlan } from '../serve/serve-plan.ts';
import type { Crew } from './crew.ts';
import { createCrewMetrics } from './crew-metrics.ts';

/**
 * Opens the port for `--admin-addr`, where one is given: it tells of all workers together, and of those that do not answer. Throws `HostError`
 * where that fails.
 */
export async function openCrewAdmin({ adminAddress }: ServePlan, crew: Crew): Promise<AdminPort | undefined> {
  if (adminAddress === undefined) return undefined;
  const readOwn = await createCrewMetrics(() => crew.counts);
  return await listenAdmin(
    {
      isReady: () => crew.isAccepting,
      toText: async () => sumMetrics([...(await crew.readMetrics()), await readOwn()]),
      describe: () => `${crew.counts.answering} of ${crew.counts.wanted} workers answer\n`,
    },
    adminAddress,
  );
}
