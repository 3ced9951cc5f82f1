// How much memory a request takes that waits in its guest. Everything in one process, without sockets:
//   node scripts/bench/density.ts [REQUESTS [GUEST]]     GUEST waits for `?ms=`; default: 10000 sleep
import { availableParallelism } from 'node:os';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Component, createHost, loadComponent } from '../../src/index.ts';

const ISOLATIONS = ['reset', 'fresh'] as const;
const PATIENCE_MS = 120_000;

const requests = Number(process.argv[2] ?? 10_000);
const guest = process.argv[3] ?? 'sleep';
const isolations = ISOLATIONS.filter((isolation) =>
  [undefined, isolation].includes(process.argv[4] as typeof isolation),
);
console.log(`${requests} requests suspended in ${guest}, ${availableParallelism()} cores, Node ${process.version}`);
for (const isolation of isolations) {
  const file = `${import.meta.dirname}/../../components/${guest}/${guest}.wasm`;
  await measure(await loadComponent(file, { engine: 'linker', isolation }));
}

/** Suspends them all, weighs, has them all answer. */
async function measure(component: Component): Promise<void> {
  await using host = createHost(component, { maxConcurrentRequests: requests, timeoutMs: PATIENCE_MS });
  const ask = (ms: number): Promise<Response> => host.fetch(new Request(`http://localhost/?ms=${ms}`));
  await (await ask(0)).text();
  const before = weigh();
  const start = performance.now();
  const waitMs = Math.max(5000, requests * 2);
  const replies = Array.from({ length: requests }, () => ask(waitMs));
  while (host.inFlight < requests) await sleep(1);
  const suspendedMs = performance.now() - start;
  const during = weigh();
  const statuses = await Promise.all(replies.map(async (reply) => (await reply).status));
  const answered = statuses.filter((status) => status === 200).length;
  const perRequest = (what: keyof Weight): string =>
    `${((during[what] - before[what]) / requests / 1024).toFixed(1)} KiB`;
  console.log(
    `${component.isolation.name}: ${answered} of ${requests} answered; each ${perRequest('resident')} resident ` +
      `(JavaScript heap ${perRequest('heap')}, page tables ${perRequest('pageTables')}), ${(suspendedMs / requests).toFixed(2)} ms to suspend`,
  );
}

interface Weight {
  readonly resident: number;
  readonly heap: number;
  readonly pageTables: number;
}

function weigh(): Weight {
  globalThis.gc?.();
  const status = readFileSync('/proc/self/status', 'utf8');
  const kib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
  return { resident: kib('VmRSS'), heap: process.memoryUsage().heapUsed, pageTables: kib('VmPTE') };
}
