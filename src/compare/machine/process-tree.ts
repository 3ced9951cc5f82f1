import { readFileSync, readdirSync } from 'node:fs';

/** A process and all its descendants, the process first; undefined without `/proc`. */
export function processTree(rootPid: number): readonly number[] | undefined {
  const parents = readParents();
  if (parents === undefined) return undefined;
  const descendants = [...parents.keys()].filter((pid) => pid !== rootPid && descendsFrom(pid, rootPid, parents));
  return [rootPid, ...descendants];
}

/** A file of `/proc/PID`; empty where the process has ended. */
export function readProcessFile(pid: number | 'self', name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** Of every process of the machine, its parent. */
function readParents(): ReadonlyMap<number, number> | undefined {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return new Map(pids.map((pid) => [Number(pid), parentOf(Number(pid))]));
  } catch {
    return undefined;
  }
}

const parentOf = (pid: number): number => Number(/^PPid:\s+(\d+)/m.exec(readProcessFile(pid, 'status'))?.[1] ?? 0);

function descendsFrom(pid: number, rootPid: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at = pid; at > 0; at = parents.get(at) ?? 0) if (at === rootPid) return true;
  return false;
}
