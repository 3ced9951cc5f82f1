// What a reset costs beside what it restores, in this process and without sockets: a JSON object a line, by guest.
// `memory` writes as many pages as it is told to, in a memory whose size says nothing of them.
import { captureImage, restoreImage } from '../../../src/instance/image.ts';
import { callIncomingHandler } from '../../../src/instance/handlers/incoming-handler.ts';
import { Lease } from '../../../src/instance/pool.ts';
import type { InstanceStrategy } from '../../../src/instance/strategy.ts';
import { readSource } from '../../../src/component/source.ts';
import { linkComponent } from '../../../src/linker/link.ts';
import { WasiCtx } from '../../../src/wasi/wasi-ctx.ts';
import { EMPTY_BODY } from '../../../src/http/body-source.ts';
import { wasiInterfaces } from '../../../src/wasi/interfaces.ts';
import { COMPONENTS } from '../servers/guests.ts';
import { median, percentile } from '../../../src/compare/numbers.ts';
import type { ResetRow } from '../report/results.ts';

/** The first ones are for V8 to compile what is hot. */
const WARM_UP_REQUESTS = 2000;
const REQUESTS = 2000;

/** Nothing is given back: the instance is restored here, by the clock. */
const KEPT: InstanceStrategy = {
  name: 'reset',
  kept: { size: 0, byteLength: 0 },
  take: () => {
    throw new Error('an instance is taken once');
  },
  giveBack: () => undefined,
  [Symbol.dispose]: () => undefined,
};

const MEMORY_PATHS = ['/?mib=0', '/?mib=1', '/?mib=4'];

for (const { name } of COMPONENTS) print(await measure(name, '/'));
for (const path of MEMORY_PATHS) print(await measure('memory', path));

function print(row: ResetRow): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

async function measure(guest: string, pathWithQuery: string): Promise<ResetRow> {
  const head = { method: 'GET', scheme: 'HTTP', authority: 'localhost', pathWithQuery, fields: [] } as const;
  const source = await readSource(`${import.meta.dirname}/../../../components/${guest}/${guest}.wasm`);
  const pre = await linkComponent(source, wasiInterfaces);
  const instance = pre.instantiate(new WasiCtx({}));
  const image = captureImage(instance, undefined);
  const costsUs: number[] = [];
  let pages = 0;
  for (let request = 0; request < WARM_UP_REQUESTS + REQUESTS; request++) {
    const ctx = new WasiCtx({});
    const lease = new Lease(KEPT, instance, ctx);
    const { trap } = await callIncomingHandler(lease, head, EMPTY_BODY).returned;
    if (trap !== undefined) throw trap;
    lease[Symbol.dispose]();
    const start = performance.now();
    pages = restoreImage(instance, image);
    if (request >= WARM_UP_REQUESTS) costsUs.push((performance.now() - start) * 1000);
  }
  costsUs.sort((a, b) => a - b);
  const memoryBytes = instance.byteLength;
  const request = guest + pathWithQuery;
  return { request, memoryBytes, pages, medianUs: median(costsUs), p99Us: percentile(costsUs, 99) };
}
