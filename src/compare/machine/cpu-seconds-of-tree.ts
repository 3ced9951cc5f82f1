import { processTree, readProcessFile } from './process-tree.ts';

/** Of the clock in which Linux tells CPU times. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU time, in user and kernel, of each process of a tree since its start, by its id; undefined without `/proc`. */
export function cpuSecondsOfTree(rootPid: number): ReadonlyMap<number, number> | undefined {
  const pids = processTree(rootPid);
  return pids && new Map(pids.map((pid) => [pid, readTimes(pid).own]));
}

/** Seconds of CPU time of all processes that this one started and that have ended. */
export const cpuSecondsOfEnded = (): number => readTimes('self').ended;

/** Source: proc_pid_stat(5), fields 14 to 17. The name before them may hold spaces and brackets. */
function readTimes(pid: number | 'self'): { readonly own: number; readonly ended: number } {
  const stat = readProcessFile(pid, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, kernel = 0, endedUser = 0, endedKernel = 0] = fields.slice(11, 15).map(Number);
  return { own: (user + kernel) / TICKS_PER_SECOND, ended: (endedUser + endedKernel) / TICKS_PER_SECOND };
}
