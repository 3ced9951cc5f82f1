import { processTree, readProcessFile } from './process-tree.ts';

/** Resident memory of a process and all its descendants, shared pages counted in each; undefined without `/proc`. */
export function residentBytes(rootPid: number): number | undefined {
  return processTree(rootPid)?.reduce((total, pid) => total + residentBytesOf(pid), 0);
}

const residentBytesOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readProcessFile(pid, 'status'))?.[1] ?? 0) * 1024;
