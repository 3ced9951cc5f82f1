// A separate process that serves a good guest together with an attack of components/hostile/held.wat, which may call an upstream that sends as much
// as it can: `held-host.ts NAME ENGINE ISOLATION`.
import type { Socket } from 'node:net';
import { createHost, loadComponent } from '../../src/index.ts';
import { formatOrigin } from '../../src/server/http1/listen.ts';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';
import { collectGarbage } from '../../src/util/collect.ts';
import { type LoadWay, TEST_CACHE } from '../harness/guests.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { startTcpUpstream } from '../harness/upstream.ts';
import { assembleAttack } from './assemble.ts';

/** What it first reports to its parent. */
export interface Targets {
  readonly good: string;
  readonly hostile: string;
  /** Whom the attack calls, as the path of its request. */
  readonly path: string;
}

/** What it replies whenever asked, after all garbage is collected. In bytes. */
export interface Weight {
  readonly inFlight: number;
  /** As counted, now and at most. */
  readonly heldBytes: number;
  readonly maxHeldBytes: number;
  /** What may be held by all requests. */
  readonly maxTotalHeldBytes: number;
  /** Of V8's heap and what hangs on it, now and at most. */
  readonly aliveBytes: number;
  readonly rss: number;
  readonly maxRss: number;
}

/** Nearly as large as a head may be, before a body without end. */
const HEAD = `HTTP/1.1 200 OK\r\n${`x-large: ${'a'.repeat(14_000)}\r\n`.repeat(4)}\r\n`;
const CHUNK = Buffer.alloc(65_536);

const [name = '', engine, isolation] = process.argv.slice(2);
const way = { engine, isolation } as LoadWay;
const component = await loadComponent(await assembleAttack('held', name), {
  ...way,
  cache: engine === 'jco' && TEST_CACHE,
});
const host = createHost(component, { timeoutMs: 2000, writeGuestOutput: () => undefined });
const { address } = await host.listen({ hostname: '127.0.0.1', port: 0 });
const good = await serveGuest('hello');
// It reads only as much of a request as comes before its head is sent.
const upstream = await startTcpUpstream((socket) => {
  socket.once('data', () => {
    socket.pause();
    socket.write(HEAD);
    flood(socket);
  });
});

let maxHeldBytes = 0;
setInterval(() => (maxHeldBytes = Math.max(maxHeldBytes, host.load.heldBytes)), 1);
process.on('message', () => void weigh().then((weight) => process.send?.(weight)));
process.on('disconnect', () => process.exit(0));
process.send?.({ good: good.origin, hostile: formatOrigin(address), path: `/${upstream.authority}` } satisfies Targets);

function flood(socket: Socket): void {
  while (!socket.destroyed && socket.write(CHUNK));
  socket.once('drain', () => flood(socket));
}

async function weigh(): Promise<Weight> {
  // What ends with a request takes some turns to be released: streams, sockets.
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => void setTimeout(resolve, 20));
    collectGarbage('sync');
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const maxRss = process.resourceUsage().maxRSS * 1024;
  return {
    inFlight: host.load.requestsInFlight,
    heldBytes: host.load.heldBytes,
    maxHeldBytes,
    maxTotalHeldBytes: DEFAULT_LIMITS.maxTotalHeldBytes,
    aliveBytes: heapUsed + external,
    rss,
    maxRss,
  };
}
