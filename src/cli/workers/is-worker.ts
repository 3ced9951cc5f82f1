/** The first argument of our workers. */
export const WORKER_ARG = 'worker';

/** Whether `supervise` started this process: one that a process manager starts may have a channel too. */
export function isWorker([first]: readonly string[]): boolean {
  return process.connected && first === WORKER_ARG;
}
