import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Component, type ServeOptions, createHost, loadComponent } from '../../../src/index.ts';

/** A way to have requests wait in this process. */
export interface Way extends AsyncDisposable {
  /** Has so many requests answered that do not wait. */
  warmUp(requests: number): Promise<unknown>;
  /** Sends so many at once, each to be answered after `waitMs`. Resolves with how many were. */
  suspend(requests: number, waitMs: number): Promise<number>;
  /** How many wait now. */
  waiting(): number;
}

/** Longer than any wait. */
const PATIENCE_MS = 300_000;
const LOCAL = '127.0.0.1';

/** `reset` and `fresh`: by that isolation, without sockets. `sockets`: by `reset`, behind them. `floor`: a bare node:http server. */
export const WAYS = {
  reset: (guest: string, requests: number) => inProcess(guest, requests, 'reset'),
  fresh: (guest: string, requests: number) => inProcess(guest, requests, 'fresh'),
  sockets: behindSockets,
  floor,
} satisfies Record<string, (guest: string, requests: number) => Promise<Way>>;

async function inProcess(guest: string, requests: number, isolation: 'reset' | 'fresh'): Promise<Way> {
  const host = createHost(await load(guest, isolation), limitsFor(requests));
  // No more than a promise each, since what clients hold is not measured.
  const ask = (waitMs: number): Promise<boolean> =>
    host.fetch(new Request(`http://localhost/?ms=${waitMs}`)).then(isRight);
  return {
    warmUp: async (count) => {
      for (let asked = 0; asked < count; asked++) await ask(0);
    },
    suspend: async (count, waitMs) => {
      const replies = await Promise.all(Array.from({ length: count }, () => ask(waitMs)));
      return replies.filter(Boolean).length;
    },
    waiting: () => host.inFlight,
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

async function isRight(response: Response): Promise<boolean> {
  return response.status === 200 && (await response.text()) !== '';
}

async function behindSockets(guest: string, requests: number): Promise<Way> {
  const host = createHost(await load(guest, 'reset'), limitsFor(requests));
  const { address } = await host.listen({ hostname: LOCAL, port: 0 });
  return {
    warmUp: (count) => askFromElsewhere(address.port, count, 0),
    suspend: (count, waitMs) => askFromElsewhere(address.port, count, waitMs),
    waiting: () => host.inFlight,
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

/** Replies to all that wait when the first has waited long enough. */
async function floor(): Promise<Way> {
  let waiting: ServerResponse[] = [];
  const replyToAll = (): void => {
    for (const response of waiting) response.end('waited\n');
    waiting = [];
  };
  const server = createServer((request, response) => {
    const waitMs = Number(/\d+$/.exec(request.url ?? '')?.[0]);
    if (waitMs === 0) response.end('at once\n');
    else if (waiting.push(response) === 1) setTimeout(replyToAll, waitMs);
  });
  server.listen(0, LOCAL);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    warmUp: (count) => askFromElsewhere(port, count, 0),
    suspend: (count, waitMs) => askFromElsewhere(port, count, waitMs),
    waiting: () => waiting.length,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

/** One more than is to wait: when that one has its reply all others wait. */
function limitsFor(requests: number): ServeOptions {
  return { maxConcurrentRequests: requests + 1, maxConnections: requests + 1, timeoutMs: PATIENCE_MS };
}

function load(guest: string, isolation: 'reset' | 'fresh'): Promise<Component> {
  const file = fileURLToPath(import.meta.resolve(`../../../components/${guest}/${guest}.wasm`));
  return loadComponent(file, { engine: 'linker', isolation });
}

/** By another process, so that what clients hold is not measured. */
async function askFromElsewhere(port: number, requests: number, waitMs: number): Promise<number> {
  const client = fork(fileURLToPath(import.meta.resolve('./density-client.ts')), [port, requests, waitMs].map(String), {
    execArgv: [],
  });
  const [answered] = (await once(client, 'message')) as [number];
  return answered;
}
