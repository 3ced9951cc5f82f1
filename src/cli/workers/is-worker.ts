import cluster from 'node:cluster';

/** The first argument of our workers: `cluster.isWorker` alone is also true under a process manager that uses node:cluster. */
export const WORKER_ARG = 'worker';

/** Whether `supervise` started this process. */
export function isWorker([first]: readonly string[]): boolean {
  return cluster.isWorker && first === WORKER_ARG;
}
