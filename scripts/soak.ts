// Runs guests, clients and upstreams, good and bad, for minutes; at the end nothing may have grown.
//   npm run soak -- [--minutes N]     default 10; exit code 1: something grew, or a request went wrong
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, type Socket, createServer as createTcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Peers, SCENARIOS, type Scenario } from './soak/scenarios.ts';
import { type Weight, formatWeight, growthsBetween } from './soak/weight.ts';

const CLIENTS = 24;
/** After this long, kept connections and spare instances are gone. */
const LULL_MS = 16_000;
const WARM_UP_PART = 0.2;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const totalMs = Number(values.minutes) * 60_000;
if (!(totalMs > 0)) throw new Error(`--minutes ${values.minutes}: must be a number above 0`);

const upstream = createServer(({ url }, outgoing) => UPSTREAM[url ?? '']?.(outgoing)).listen(0, '127.0.0.1');
const UPSTREAM: Readonly<Record<string, (outgoing: ServerResponse) => void>> = {
  '/right': (outgoing) => void outgoing.end('right'),
  '/reset': (outgoing) => void outgoing.socket?.resetAndDestroy(),
  '/cut': (outgoing) => {
    outgoing.writeHead(200, { 'content-length': 100 });
    outgoing.write('too short', () => outgoing.destroy());
  },
  '/silent': () => undefined,
  '/closing': (outgoing) => closeLater(outgoing, (socket) => socket.end()),
  '/resetting': (outgoing) => closeLater(outgoing, (socket) => socket.resetAndDestroy()),
  '/cut-where-a-close-would-end': ({ socket }) => {
    socket?.write('HTTP/1.1 200 OK\r\n\r\ntoo short', () => socket.resetAndDestroy());
  },
};
/** Answers, seems to keep the connection, and closes it a moment later, when it may already carry another request. */
function closeLater(outgoing: ServerResponse, close: (socket: Socket) => void): void {
  const { socket } = outgoing;
  outgoing.end('right', () => setTimeout(() => socket !== null && close(socket), Math.random() * 10));
}
await once(upstream, 'listening');
const echo = createTcpServer((socket) => void socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
await once(echo, 'listening');
const datagrams = createSocket('udp4');
datagrams.on('message', (message, { port, address }) => datagrams.send(message, port, address));
datagrams.bind(0, '127.0.0.1');
await once(datagrams, 'listening');
const addressOf = ({ port }: { readonly port: number }): string => `127.0.0.1:${port}`;
const peers: Peers = {
  up: `http://${addressOf(upstream.address() as AddressInfo)}`,
  tcp: addressOf(echo.address() as AddressInfo),
  udp: addressOf(datagrams.address()),
};

const guests = [...new Set(SCENARIOS.map(({ guest }) => guest))];
const host = fork(`${import.meta.dirname}/soak/host.ts`, guests, { execArgv: ['--expose-gc'] });
const [origins] = (await once(host, 'message')) as [Readonly<Record<string, string>>];
const done = new Map<string, number>();
const failures = new Map<string, number>();

const before = await load('warm-up', totalMs * WARM_UP_PART);
const after = await load('soak', totalMs * (1 - WARM_UP_PART));
const growths = growthsBetween(before, after);
host.kill();
upstream.closeAllConnections();
upstream.close();
echo.close();
datagrams.close();
report();

/** Lets clients run for this long, then weighs the idle host. */
async function load(phase: string, ms: number): Promise<Weight> {
  const end = performance.now() + ms;
  const progress = setInterval(() => {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    process.stderr.write(`[${left} s left] ${phase}: ${sum(done)} done, ${sum(failures)} failed\n`);
  }, 10_000);
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (performance.now() < end && host.exitCode === null) await actOnce(pick());
    }),
  );
  clearInterval(progress);
  await sleep(LULL_MS);
  host.send('weigh');
  const [weight] = (await once(host, 'message')) as [Weight];
  process.stderr.write(`after the ${phase}: ${formatWeight(weight)}\n`);
  return weight;
}

async function actOnce({ name, guest, act }: Scenario): Promise<void> {
  try {
    await act(origins[guest] as string, peers);
    done.set(name, (done.get(name) ?? 0) + 1);
  } catch (error) {
    const what = `${name}: ${error instanceof Error ? error.message : String(error)}`;
    failures.set(what, (failures.get(what) ?? 0) + 1);
  }
}

function pick(): Scenario {
  let left = Math.random() * SCENARIOS.reduce((total, { weight }) => total + weight, 0);
  return SCENARIOS.find(({ weight }) => (left -= weight) < 0) ?? (SCENARIOS[0] as Scenario);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return counts.values().reduce((total, count) => total + count, 0);
}

function report(): void {
  for (const [name, count] of done) console.log(`${`${count}`.padStart(9)}  ${name}`);
  for (const [what, count] of failures) console.log(`${`${count}`.padStart(9)}  WRONG  ${what}`);
  for (const growth of growths) console.log(`GREW  ${growth}`);
  console.log(`at the start  ${formatWeight(before)}\nat the end    ${formatWeight(after)}`);
  process.exitCode = growths.length > 0 || failures.size > 0 ? 1 : 0;
}
