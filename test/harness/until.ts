import { setTimeout as sleep } from 'node:timers/promises';
import { type Observed, linesOf } from './serve-guest.ts';

/** How long something may take that is expected to happen. */
const PATIENCE_MS = 10_000;
/** How often in a row the count must be unchanged to be considered stable. */
const POLLS_OF_A_STALL = 50;

/** Polls until `holds`; rejects when it has not for too long. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it never came about: ${holds}`);
    await sleep(2);
  }
}

/** Polls until `count` has risen above 0 and is stable. Resolves to it. */
export async function untilStill(count: () => number): Promise<number> {
  let [last, polls] = [0, 0];
  await until(() => {
    const now = count();
    polls = now > 0 && now === last ? polls + 1 : 0;
    last = now;
    return polls >= POLLS_OF_A_STALL;
  });
  return last;
}

/** Waits until the guest `flood?progress=1` reports no more progress. Resolves to the MiB that it has reported. */
export function untilStalled(observed: Observed): Promise<number> {
  return untilStill(() => linesOf(observed, 'stderr').length);
}
