import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Where the numbers come from; of old runs not all is known. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb?: number;
  readonly kernel: string;
  /** Of the minute before the run: above 0.3 or so, others were at work. */
  readonly loadBefore?: number;
}

export function readMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: `${type()} ${release()}`,
    loadBefore: loadavg()[0] ?? 0,
  };
}
