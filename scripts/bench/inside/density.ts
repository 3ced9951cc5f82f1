// How much memory a request takes that waits in its guest; each way to have it wait in a process of its own:
//   node scripts/bench/inside/density.ts [REQUESTS [GUEST [WAY...]]]     GUEST waits for `?ms=`; default: 10000 sleep, all ways
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { WAYS, type Way } from './density-ways.ts';
import { type Weight, weigh } from './weight.ts';

/** As many as make V8 compile what is hot, as it is in a server that has run for a second. */
const WARM_UP_REQUESTS = 20_000;
/** How long the last spares wait, and then some. */
const LULL_MS = 11_000;
/** For each request, so that the first still waits when the last has come, on a busy machine too. */
const WAIT_MS = 6;
const MIN_WAIT_MS = 5000;

/** Set for the process that measures. */
const MEASURED = 'DENSITY_WAY';

const requests = Number(process.argv[2] ?? 10_000);
const guest = process.argv[3] ?? 'sleep';
const measured = process.env[MEASURED];
if (measured === undefined) {
  console.log(`${requests} requests suspended in ${guest}, ${availableParallelism()} cores, Node ${process.version}`);
  const ways = process.argv.length > 4 ? process.argv.slice(4) : Object.keys(WAYS);
  const args = ['--expose-gc', import.meta.filename, `${requests}`, guest];
  for (const way of ways) {
    spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, [MEASURED]: way } });
  }
} else {
  await using way = await WAYS[measured as keyof typeof WAYS](guest, requests);
  await measure(way, measured);
}

/** Suspends them all, weighs, has them all answer. */
async function measure(way: Way, name: string): Promise<void> {
  await way.warmUp(WARM_UP_REQUESTS);
  const before = weigh();
  const startedMs = performance.now();
  const waitMs = Math.max(MIN_WAIT_MS, requests * WAIT_MS);
  const answered = way.suspend(requests, waitMs);
  while (way.waiting() < requests) {
    if (performance.now() - startedMs > waitMs) throw new Error(`only ${way.waiting()} requests are suspended`);
    await sleep(10);
  }
  await way.warmUp(1);
  const suspendMs = performance.now() - startedMs;
  const during = weigh();
  const result = `${name}: ${await answered} of ${requests} answered; ${describe(before, during)}`;
  await sleep(LULL_MS);
  const mib = [before, during, weigh()].map(({ resident }) => Math.round(resident / 1024 / 1024));
  const suspendUs = ((suspendMs * 1000) / requests).toFixed(0);
  console.log(`${result}, ${suspendUs} us to suspend; ${mib.join(', ')} MiB before, during and after`);
}

function describe(before: Weight, during: Weight): string {
  const each = (what: keyof Weight): string => `${((during[what] - before[what]) / requests / 1024).toFixed(1)} KiB`;
  return (
    `each ${each('resident')} resident (JavaScript heap ${each('heap')}, guest memory ${each('memories')}, ` +
    `stack ${each('stacks')}), page tables ${each('pageTables')}`
  );
}
