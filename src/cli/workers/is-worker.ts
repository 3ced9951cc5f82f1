/** The first command-line argument of our workers. */
export const WORKER_ARG = 'worker';

/** Whether `supervise` started this process. A channel alone does not tell: process managers open one too. */
export function isWorker([first]: readonly string[]): boolean {
  return process.connected && first === WORKER_ARG;
}
