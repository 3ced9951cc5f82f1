import { readFileSync, readdirSync } from 'node:fs';

/** Resident memory of a process and all its descendants, shared pages counted in each; undefined without `/proc`. */
export function residentBytes(rootPid: number): number | undefined {
  const parents = readParents();
  if (parents === undefined) return undefined;
  let total = 0;
  for (const pid of parents.keys()) if (descendsFrom(pid, rootPid, parents)) total += residentBytesOf(pid);
  return total;
}

/** Of every process of the machine, its parent. */
function readParents(): ReadonlyMap<number, number> | undefined {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return new Map(pids.map((pid) => [Number(pid), Number(readField(pid, 'PPid') ?? 0)]));
  } catch {
    return undefined;
  }
}

function descendsFrom(pid: number, rootPid: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at = pid; at > 0; at = parents.get(at) ?? 0) if (at === rootPid) return true;
  return false;
}

const residentBytesOf = (pid: number): number => Number(readField(`${pid}`, 'VmRSS') ?? 0) * 1024;

/** The number of a line of `/proc/PID/status`; undefined where there is none, or the process has ended. */
function readField(pid: string, name: string): string | undefined {
  try {
    return new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
