// A separate process that serves a good guest together with an attack of components/hostile/FILE.wat: `heap-host.ts FILE NAME ENGINE`.
import type { Engine } from '../../src/config/options.ts';
import { createHost, loadComponent } from '../../src/index.ts';
import { formatOrigin } from '../../src/server/http1/listen.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { assembleAttack } from './assemble.ts';

/** What it reports to its parent. */
export interface Origins {
  readonly good: string;
  readonly hostile: string;
}

const [file = '', name = '', engine] = process.argv.slice(2);
const component = await loadComponent(await assembleAttack(file, name), { engine: engine as Engine, cache: false });
const host = createHost(component, { timeoutMs: 3000 });
const { address } = await host.listen({ hostname: '127.0.0.1', port: 0 });
const good = await serveGuest('hello');
process.on('disconnect', () => process.exit(0));
process.send?.({ good: good.origin, hostile: formatOrigin(address) } satisfies Origins);
