// A thread that swaps what is at a place for a way out, as fast as it can, until it is told to stop.
import { existsSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { Swap } from './swap.ts';

const { place, aside, target, rounds } = workerData as Swap & { readonly rounds: SharedArrayBuffer };
/** How often it has swapped, and whether it must stop. */
const [COUNT, STOP] = [0, 1] as const;
const shared = new Int32Array(rounds);

while (Atomics.load(shared, STOP) === 0) {
  try {
    swap();
    Atomics.add(shared, COUNT, 1);
  } catch {
    mend();
  }
}

function swap(): void {
  renameSync(place, aside);
  if (target !== undefined) {
    symlinkSync(target, place);
    unlinkSync(place);
  }
  renameSync(aside, place);
}

/** The guest has made, removed or moved something there meanwhile, which it may. */
function mend(): void {
  if (!existsSync(aside)) {
    if (!existsSync(place)) writeFileSync(place, 'public');
    return;
  }
  rmSync(place, { recursive: true, force: true });
  try {
    renameSync(aside, place);
  } catch {
    // The guest was quicker again.
  }
}
