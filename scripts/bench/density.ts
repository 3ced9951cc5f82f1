// How much memory a request takes that waits in its guest: without sockets, each isolation in a process of its own:
//   node scripts/bench/density.ts [REQUESTS [GUEST]]     GUEST waits for `?ms=`; default: 10000 sleep
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Component, createHost, loadComponent } from '../../src/index.ts';

const ISOLATIONS = ['reset', 'fresh'] as const;
const PATIENCE_MS = 120_000;
/** As many as make V8 compile what is hot, as it is in a server that has run for a second. */
const WARM_UP_REQUESTS = 1000;
/** How long the last spares wait, and then some. */
const LULL_MS = 11_000;

/** `--wasm-stack-switching-stack-size` of V8. */
const STACK_KIB = 984;

const requests = Number(process.argv[2] ?? 10_000);
const guest = process.argv[3] ?? 'sleep';
const isolation = ISOLATIONS.find((name) => name === process.argv[4]);
if (isolation === undefined) {
  console.log(`${requests} requests suspended in ${guest}, ${availableParallelism()} cores, Node ${process.version}`);
  for (const name of ISOLATIONS) {
    const args = ['--expose-gc', import.meta.filename, `${requests}`, guest, name];
    spawnSync(process.execPath, args, { stdio: 'inherit' });
  }
} else {
  const file = `${import.meta.dirname}/../../components/${guest}/${guest}.wasm`;
  await measure(await loadComponent(file, { engine: 'linker', isolation }));
}

/** Suspends them all, weighs, has them all answer. */
async function measure(component: Component): Promise<void> {
  // One more than are suspended: requests start in order, so when that one has its answer all others have started.
  await using host = createHost(component, { maxConcurrentRequests: requests + 1, timeoutMs: PATIENCE_MS });
  const ask = async (ms: number): Promise<number> => {
    const response = await host.fetch(new Request(`http://localhost/?ms=${ms}`));
    await response.text();
    return response.status;
  };
  for (let request = 0; request < WARM_UP_REQUESTS; request++) await ask(0);
  const before = weigh();
  const start = performance.now();
  const waitMs = Math.max(5000, requests * 2);
  const replies = Array.from({ length: requests }, () => ask(waitMs));
  await ask(0);
  const suspendedMs = performance.now() - start;
  if (host.inFlight !== requests) throw new Error(`${host.inFlight} of ${requests} requests are suspended`);
  const during = weigh();
  const answered = (await Promise.all(replies)).filter((status) => status === 200).length;
  replies.length = 0;
  await sleep(LULL_MS);
  const after = weigh();
  const perRequest = (what: keyof Weight): string =>
    `${((during[what] - before[what]) / requests / 1024).toFixed(1)} KiB`;
  const mib = [before, during, after].map(({ resident }) => `${Math.round(resident / 1024 / 1024)}`);
  console.log(
    `${component.isolation.name}: ${answered} of ${requests} answered; each ${perRequest('resident')} resident ` +
      `(JavaScript heap ${perRequest('heap')}, guest memory ${perRequest('memories')}, stack ${perRequest('stacks')}), ` +
      `page tables ${perRequest('pageTables')}, ${((suspendedMs * 1000) / requests).toFixed(0)} us to suspend; ` +
      `${mib.join(', ')} MiB before, during and after`,
  );
}

interface Weight {
  readonly resident: number;
  readonly heap: number;
  /** Resident bytes of mappings as large as a guest's memory, and as a stack that V8 suspends. */
  readonly memories: number;
  readonly stacks: number;
  readonly pageTables: number;
}

function weigh(): Weight {
  for (let collection = 0; collection < 3; collection++) globalThis.gc?.();
  const status = readFileSync('/proc/self/status', 'utf8');
  const kib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
  const { memories, stacks } = weighMappings();
  return { resident: kib('VmRSS'), heap: process.memoryUsage().heapUsed, memories, stacks, pageTables: kib('VmPTE') };
}

/** Guest memories are whole pages of 64 KiB beyond the 256 KiB of V8's own; each is followed by addresses that nobody may touch. */
function weighMappings(): Pick<Weight, 'memories' | 'stacks'> {
  let memories = 0;
  let stacks = 0;
  const smaps = readFileSync('/proc/self/smaps', 'utf8');
  for (const [, size, resident] of smaps.matchAll(
    / rw-p 00000000 00:00 0 *\nSize: +(\d+) kB\n(?:.*\n){2}Rss: +(\d+) kB/g,
  )) {
    const sizeKib = Number(size);
    if (sizeKib === STACK_KIB) stacks += Number(resident) * 1024;
    else if (sizeKib % 64 === 0 && sizeKib > 1024 && sizeKib < 4096) memories += Number(resident) * 1024;
  }
  return { memories, stacks };
}
