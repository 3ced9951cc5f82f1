import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type LoadPlan, type LoadReport, startLoad } from '../harness/load.ts';
import { type ProxyName, isInstalled, startProxy } from '../harness/proxies.ts';
import { connectRaw, isRefused, rawGet, valuesOf } from '../harness/raw-client.ts';
import { until } from '../harness/until.ts';
import { guestPath, servingOn } from './wasi-serve.ts';

/** How often each load is stopped; `WASI_SERVE_STOPS=50` is to be run when something of a stop changes. */
const STOPS = Number(process.env['WASI_SERVE_STOPS'] ?? 2);
/** How often the simplest is. */
const MANY_STOPS = Math.max(STOPS, 10);
const PATIENCE_MS = 30_000 + MANY_STOPS * 15_000;

const CONNECTIONS = 16;
const MIB = 1024 * 1024;

/** A load, without its target. */
type Kind = Omit<LoadPlan, 'origin' | 'connections'> & { readonly guest: string };

const HELLO = { guest: 'hello', request: rawGet('/'), replyBytes: 'Hello from wasi-serve!\n'.length } as const;

const KINDS: readonly (readonly [name: string, kind: Kind])[] = [
  ['kept connections', HELLO],
  ['a new connection for each request', { ...HELLO, reuse: 'new' }],
  ['four requests in a pipeline', { ...HELLO, depth: 4 }],
  ['guests that wait', { guest: 'sleep', request: rawGet('/?ms=20'), replyBytes: 'slept 20\n'.length }],
  ['uploads of 5 MB', { guest: 'echo', request: post(5 * MIB), replyBytes: 5 * MIB }],
  ['uploads that guests do not read', { ...HELLO, request: post(5 * MIB) }],
];

function post(byteLength: number): Buffer {
  const head = `POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${byteLength}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.alloc(byteLength, 'x')]);
}

/** The report of a load that was stopped by SIGTERM, and how many requests guests were given. */
async function stopUnder(
  { guest, ...plan }: Kind,
  args: readonly string[],
): Promise<LoadReport & { readonly served: number }> {
  await using serving = await servingOn([guestPath(guest), ...args]);
  const load = startLoad({ origin: serving.origin, connections: CONNECTIONS, ...plan });
  await until(() => load.answered >= CONNECTIONS);
  await sleep(Math.random() * 100);
  serving.kill('SIGTERM');
  expect(await serving.ended).toBe(0);
  expect(serving.text.stderr).not.toMatch(/^error:/m);
  return { ...(await load.ended), served: serving.text.stderr.match(/^(?:GET|POST) +\//gm)?.length ?? 0 };
}

describe.each([[[]], [['--workers', '2']]])('a stop with %j loses no request', (args) => {
  test.each(KINDS)('under %s', { timeout: PATIENCE_MS }, async (_name, kind) => {
    const stops = kind === HELLO && args.length === 0 ? MANY_STOPS : STOPS;
    for (let count = 0; count < stops; count += 1) {
      const { faults, answered, behindClose, served } = await stopUnder(kind, args);
      expect(faults).toEqual([]);
      expect({ behindClose, served }).toEqual({ behindClose: 0, served: answered });
    }
  });

  test('under pipelines that never end, but those behind Connection: close, which no guest gets', async () => {
    const { faults, answered, toldToClose, served } = await stopUnder({ ...HELLO, depth: 4, refill: 'window' }, args);
    expect(faults).toEqual([]);
    expect(toldToClose).toBeGreaterThanOrEqual(CONNECTIONS);
    expect(served).toBe(answered);
  });
});

describe.each(['nginx', 'haproxy'] as const)('behind %s', (name: ProxyName) => {
  const isThere = isInstalled(name);

  test.skipIf(!isThere).each([[[]], [['--workers', '2']]])(
    'a stop with %j loses no request, and the next server has those that follow',
    { timeout: PATIENCE_MS },
    async (args) => {
      await using other = await servingOn([guestPath('echo')]);
      for (let count = 0; count < STOPS; count += 1) {
        await using serving = await servingOn([guestPath('echo'), ...args]);
        await using proxy = await startProxy(name, [serving.origin, other.origin]);
        const load = startLoad({ origin: proxy.origin, connections: CONNECTIONS, request: post(100), replyBytes: 100 });
        await until(() => load.answered >= 10 * CONNECTIONS);
        await sleep(Math.random() * 100);
        serving.kill('SIGTERM');
        expect(await serving.ended).toBe(0);
        const { answered } = load;
        await until(() => load.answered >= answered + CONNECTIONS);
        load.end();
        expect((await load.ended).faults).toEqual([]);
        expect(proxy.errors).not.toMatch(/prematurely closed|reset by peer/);
      }
    },
  );
});

describe('a stop', () => {
  test('with --shutdown-delay serves until it is over, and says Connection: close', async () => {
    await using serving = await servingOn([guestPath('hello'), '--shutdown-delay', '2s']);
    await using kept = await connectRaw(serving.origin);
    serving.kill('SIGTERM');
    await serving.until(
      'stderr',
      /^Stopping \(SIGTERM\): serving for another 2 s, then waiting up to 30 s for requests; a second signal quits now\n/m,
    );
    await using other = await connectRaw(serving.origin);
    for (const client of [kept, other]) {
      await client.send(rawGet('/'));
      const reply = await client.readReply();
      expect(reply.status).toBe(200);
      expect(valuesOf(reply, 'connection')).toEqual(['close']);
      expect(await client.readEnding()).toBe('closed');
    }
    // Nobody is connected, and the port is open all the same.
    await using last = await connectRaw(serving.origin);
    await last.send(rawGet('/'));
    expect((await last.readReply()).status).toBe(200);
    expect(await serving.ended).toBe(0);
  });

  test('lets requests finish that outlast the delay', async () => {
    await using serving = await servingOn([guestPath('sleep'), '--shutdown-delay', '100ms']);
    await using client = await connectRaw(serving.origin);
    await client.send(rawGet('/?ms=1500'));
    await using other = await connectRaw(serving.origin);
    await other.send(rawGet('/?ms=0'));
    await other.readReply();
    serving.kill('SIGTERM');
    await until(() => isRefused(serving.origin));
    const reply = await client.readReply();
    expect(reply).toMatchObject({ status: 200, body: 'slept 1500\n' });
    expect(valuesOf(reply, 'connection')).toEqual(['close']);
    expect(await serving.ended).toBe(0);
  });

  test.each([[[]], [['--workers', '2']]])('is not ready from its first moment, and serves, with %j', async (args) => {
    const admin = ['--admin-addr', '127.0.0.1:0', '--shutdown-delay', '2s'];
    await using serving = await servingOn([guestPath('hello'), ...admin, ...args]);
    const [, health = ''] = await serving.until('stderr', /^ {2}admin +(http:\/\/127\.0\.0\.1:\d+)\/healthz/m);
    expect((await fetch(`${health}/readyz`)).status).toBe(200);
    serving.kill('SIGTERM');
    await serving.until('stderr', /^Stopping/m);
    expect((await fetch(`${health}/readyz`)).status).toBe(503);
    expect((await fetch(serving.origin)).headers.get('connection')).toBe('close');
    expect((await fetch(`${health}/readyz`)).status).toBe(503);
    expect(await serving.ended).toBe(0);
  });

  test('while a guest computes loses no request of others, and lets that one finish', async () => {
    await using serving = await servingOn([guestPath('spin'), '--cpu-timeout', '2s']);
    await using spinner = await connectRaw(serving.origin);
    await spinner.send(rawGet('/?before'));
    const load = startLoad({
      origin: serving.origin,
      connections: CONNECTIONS,
      request: rawGet('/?ms=0'),
      replyBytes: 'computed\n'.length,
    });
    await until(() => load.answered >= CONNECTIONS);
    serving.kill('SIGTERM');
    expect((await spinner.readReply()).status).toBe(504);
    expect(await serving.ended).toBe(0);
    expect((await load.ended).faults).toEqual([]);
  });
});
