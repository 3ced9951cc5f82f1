// All guests of a soak, in one process, each on a port of its own. Forked: sends the origins, then a weight for each message.
import { mkdirSync, mkdtempDisposableSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Host, createHost, loadComponent } from '../../src/index.ts';
import { formatOrigin } from '../../src/server/http1/listen.ts';
import type { Weight } from './weight.ts';

const folder = mkdtempDisposableSync(join(tmpdir(), 'wasi-serve-soak-'));
process.once('exit', () => folder.remove());
const [files, objects] = [join(folder.path, 'files'), join(folder.path, 'objects')];
for (const made of [files, objects]) mkdirSync(made);
writeFileSync(join(files, 'small.txt'), 'a small file');
writeFileSync(join(files, 'large.txt'), 'x'.repeat(200_000));
writeFileSync(join(files, 'huge.txt'), 'x'.repeat(100_000_000));
/** What all guests are granted; most use none of it. */
const grants = {
  directories: [{ host: files, guest: '/' }],
  inheritNetwork: true,
  blobStores: { default: `dir:${objects}`, memory: 'memory' },
};
const keyValue = { default: 'memory', durable: `sqlite:${join(folder.path, 'store.db')}` };
const hosts: Host[] = [];
const origins: Record<string, string> = {};
for (const guest of process.argv.slice(2)) {
  const component = await loadComponent(`${import.meta.dirname}/../../components/${guest}/${guest}.wasm`);
  const host = createHost(component, { writeGuestOutput: () => undefined, keyValue, ...grants });
  const { address } = await host.listen({ hostname: '127.0.0.1', port: 0 });
  hosts.push(host);
  origins[guest] = formatOrigin(address);
}
process.on('message', () => void weigh().then((weight) => process.send?.(weight)));
process.send?.(origins);

async function weigh(): Promise<Weight> {
  for (let collection = 0; collection < 3; collection++) {
    globalThis.gc?.();
    await sleep(100);
  }
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const { rss, heapUsed } = process.memoryUsage();
  return {
    inFlight: hosts.reduce((sum, { inFlight }) => sum + inFlight, 0),
    descriptors: readdirSync('/proc/self/fd').length,
    resources,
    residentBytes: rss,
    heapBytes: heapUsed,
  };
}
