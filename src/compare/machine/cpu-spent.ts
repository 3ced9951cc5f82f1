import { cpuSecondsOfEnded, cpuSecondsOfTree } from './cpu-seconds-of-tree.ts';

/** CPU seconds that passed in some work: of a server's processes, and of what this process started and saw end. */
export interface CpuSpent {
  readonly server: number;
  /** The part of the busiest of its processes. */
  readonly busiest: number;
  readonly load: number;
  readonly wallSeconds: number;
}

/** Does some work and tells what CPU time it took. Throws if there is no `/proc` to read that from. */
export async function measureCpu<Result>(
  serverPid: number,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly cpu: CpuSpent }> {
  const before = readServer(serverPid);
  const loadBefore = cpuSecondsOfEnded();
  const startedAt = performance.now();
  const result = await work();
  const wallSeconds = (performance.now() - startedAt) / 1000;
  const spent = Array.from(readServer(serverPid), ([pid, total]) => total - (before.get(pid) ?? 0));
  const server = spent.reduce((total, one) => total + one, 0);
  const cpu = { server, busiest: Math.max(...spent), load: cpuSecondsOfEnded() - loadBefore, wallSeconds };
  return { result, cpu };
}

function readServer(pid: number): ReadonlyMap<number, number> {
  const server = cpuSecondsOfTree(pid);
  if (server === undefined) throw new Error('there is no /proc to read CPU times from');
  return server;
}
