import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { until } from '../../harness/until.ts';

/** What a thread does again and again: it moves what is at `place` to `aside`, makes a link to `target` in its place, if there is one, and takes all back. */
export interface Swap {
  readonly place: string;
  readonly aside: string;
  readonly target: string | undefined;
}

/** Swaps in a thread of its own until `stop`, which resolves with how often it did. */
export async function startSwapping(swap: Swap): Promise<{ stop(): Promise<number> }> {
  const rounds = new SharedArrayBuffer(8);
  const worker = new Worker(new URL('swapper.ts', import.meta.url), { workerData: { ...swap, rounds } });
  const ended = once(worker, 'exit');
  const shared = new Int32Array(rounds);
  await until(() => Atomics.load(shared, 0) > 0);
  return {
    stop: async () => {
      Atomics.store(shared, 1, 1);
      await ended;
      return Atomics.load(shared, 0);
    },
  };
}
