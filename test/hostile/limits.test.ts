import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { HostError, loadComponent } from '../../src/index.ts';
import type { Limits } from '../../src/util/limits.ts';
import { TEST_CACHE } from '../harness/guests.ts';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { failuresOf, linesOf, noticesOf, serveGuest } from '../harness/serve-guest.ts';
import { startUpstream } from '../harness/upstream.ts';
import { until } from '../harness/until.ts';
import { assembleAttack } from './assemble.ts';
import { type Attacker, startAttacker } from './run-attack.ts';

const BODY = 'a'.repeat(100);

interface Reached {
  readonly limits: Partial<Limits>;
  /** Of components/hostile/. */
  readonly attack: readonly [file: string, name: string];
  readonly status: number;
  readonly body?: string;
  readonly log?: RegExp;
}

const reached: readonly Reached[] = [
  { limits: { maxHandles: 7 }, attack: ['handles', 'hoard'], status: 500, log: /more than 7 resource handles/ },
  {
    limits: { maxCallBytes: 1000 },
    attack: ['to-host', '32769-entries'],
    status: 500,
    log: /one call passes more than 1000 bytes to the host/,
  },
  {
    limits: { maxRandomBytes: 100 },
    attack: ['to-guest', 'two-to-the-40th-random-bytes'],
    status: 500,
    log: /requested len \d+ exceeds limit 100 \(--limit random-bytes\)$/,
  },
  {
    limits: { maxFieldsBytes: 100 },
    attack: ['to-host', 'one-key-million-times'],
    status: 500,
    log: /total size of fields exceeds limit 100/,
  },
  {
    limits: { maxFieldsEntries: 5 },
    attack: ['to-host', 'one-key-million-times'],
    status: 500,
    log: /too many fields in the field map, the limit is 5/,
  },
  {
    limits: { maxHeldBytes: 100_000 },
    attack: ['held', 'responses-never-sent'],
    status: 500,
    log: /the request makes the host hold more than 100000 bytes \(--limit held-bytes\)$/,
  },
  {
    limits: { maxTotalHeldBytes: 100_000 },
    attack: ['held', 'clones-in-a-loop'],
    status: 503,
    log: /this guest makes the host hold the most.*\(--limit total-held-bytes\)$/,
  },
  {
    limits: { maxHeldBytes: 10_000_000 },
    attack: ['held', 'poll-for-ever'],
    status: 500,
    log: /the guest makes the host hold too much \(--limit held-bytes\)$/,
  },
  { limits: { maxMemoryBytes: 50 * 65_536 }, attack: ['limits', 'count-pages'], status: 250 },
  { limits: { maxTableElements: 70 }, attack: ['limits', 'count-elements'], status: 270 },
  { limits: { maxOutbound: 3 }, attack: ['limits', 'count-requests'], status: 203 },
  { limits: { maxReadBytes: 10 }, attack: ['limits', 'count-read'], status: 210 },
  { limits: { maxReadBytes: 65_536 }, attack: ['limits', 'count-read'], status: 300 },
  { limits: { maxWriteBytes: 9 }, attack: ['limits', 'count-budget'], status: 200, body: '\0'.repeat(18) },
  {
    limits: { maxWriteBytes: 9, maxBufferedWrites: 5 },
    attack: ['limits', 'count-budget'],
    status: 200,
    body: '\0'.repeat(45),
  },
];

test.each(reached)('$limits is reached by $attack', async ({ limits, attack, status, body = '', log }) => {
  await using attacker = await start(attack, limits);
  expect(await post(attacker)).toMatchObject(log === undefined ? { status, body } : { status });
  await until(() => attacker.served.host.inFlight === 0);
  if (log === undefined) expect(failuresOf(attacker.served)).toEqual([]);
  else expect(failuresOf(attacker.served).at(-1)).toMatch(log);
});

test.each<[Partial<Limits>, string, number]>([
  [{ maxMemoryBytes: 50 * 65_536 }, 'count-pages', 250],
  // Its glue has a table of 7 for itself.
  [{ maxTableElements: 70 }, 'count-elements', 263],
])("%j is reached by limits/%s in jco's glue too", async (limits, name, status) => {
  const bytes = await assembleAttack('limits', name);
  const component = await loadComponent(bytes, { limits, cache: false, engine: 'jco' });
  await using served = await serveGuest(component);
  expect((await requestRaw(served.origin, rawGet('/'))).status).toBe(status);
});

test.each(
  (['linker', 'jco'] as const).flatMap((engine) =>
    (['count-pages', 'count-elements'] as const).map((name) => [engine, name] as const),
  ),
)('in %s growFailure has %s trap, and says where', async (engine, name) => {
  const bytes = await assembleAttack('limits', name);
  const limits = { maxMemoryBytes: 50 * 65_536, maxTableElements: 70 };
  const component = await loadComponent(bytes, { limits, cache: false, engine, growFailure: 'traps' });
  await using served = await serveGuest(component);
  expect((await requestRaw(served.origin, rawGet('/'))).status).toBe(500);
  expect(failuresOf(served).at(-1)).toMatch(/the guest trapped: .*unreachable/);
});

test("resource handles have their limit in jco's glue too", async () => {
  const bytes = await assembleAttack('handles', 'hoard');
  const component = await loadComponent(bytes, { limits: { maxHandles: 1000 }, cache: false, engine: 'jco' });
  await using served = await serveGuest(component);
  expect((await requestRaw(served.origin, rawGet('/'))).status).toBe(500);
  expect(failuresOf(served).at(-1)).toMatch(/more than 1000 resource handles/);
  expect(served.events.all).toContainEqual(expect.objectContaining({ at: 'request-failed', limit: 'handles' }));
});

test.each<[Partial<Limits>, string, number]>([
  [{ maxHeldBytes: 100_000 }, 'held-bytes', 500],
  [{ maxTotalHeldBytes: 100_000 }, 'total-held-bytes', 503],
])("%j is reached in jco's glue too", async (limits, limit, status) => {
  const bytes = await assembleAttack('held', 'clones-in-a-loop');
  const component = await loadComponent(bytes, { cache: TEST_CACHE, engine: 'jco' });
  await using served = await serveGuest(component, { limits });
  expect((await requestRaw(served.origin, rawGet('/'))).status).toBe(status);
  expect(served.events.all).toContainEqual(expect.objectContaining({ at: 'request-failed', limit }));
});

test('output beyond maxOutputBytes is dropped, with one notice', async () => {
  await using attacker = await start(['limits', 'print-a-thousand'], { maxOutputBytes: 5 });
  expect((await post(attacker)).status).toBe(200);
  await until(() => attacker.served.host.inFlight === 0);
  expect(linesOf(attacker.served, 'stdout')).toEqual([
    'stdout [0] :: aaaaa',
    'stdout [0] :: [output beyond 5 bytes of one request is dropped]',
  ]);
});

test('outgoing requests beyond maxOutbound are logged', async () => {
  await using attacker = await start(['limits', 'count-requests'], { maxOutbound: 3 });
  expect((await post(attacker)).status).toBe(203);
  expect(noticesOf(attacker.served)).toEqual([
    'outgoing requests denied: more than 3 for one request (--limit outbound)',
  ]);
});

test('outgoing requests of one that makes the host hold too much are denied, and logged', async () => {
  await using attacker = await start(['limits', 'count-requests'], { maxHeldBytes: 100_000 });
  expect((await post(attacker)).status).toBe(203);
  expect(noticesOf(attacker.served)).toEqual([
    'outgoing requests denied: the request makes the host hold too much (--limit held-bytes)',
  ]);
});

test('outgoing requests beyond maxConcurrentOutbound wait for their turn', async () => {
  const held: ServerResponse[] = [];
  let most = 0;
  await using upstream = await startUpstream((incoming, outgoing) => {
    if (incoming.url === '/probe') {
      outgoing.end();
      return;
    }
    held.push(outgoing);
    most = Math.max(most, held.length);
    // By the time that a request of ours is answered, all that will come have come.
    if (held.length === 3)
      void fetch(`${upstream.origin}/probe`).then(() => held.splice(0).map((reply) => reply.end()));
  });
  await using served = await serveGuest('fan-out', { limits: { maxConcurrentOutbound: 3 } });
  const path = `/?n=12&url=${encodeURIComponent(upstream.origin)}`;
  expect((await requestRaw(served.origin, rawGet(path))).body).toBe('12 ok\n');
  expect(most).toBe(3);
});

test.each<[Partial<Limits>, RegExp]>([
  [{ maxComponentBytes: 1000 }, /has \d+ bytes, the limit is 1000/],
  [{ maxComponentItems: 10 }, /too many definitions/],
  [{ maxNesting: 0 }, /nest deeper than 0/],
  [{ maxMemoryBytes: 65_536 }, /a memory of 2 pages, the limit is 1/],
  [{ maxTableElements: 2 }, /a table of \d+ elements, the limit is 2/],
])('%j refuses a component by any engine', async (limits, message) => {
  const bytes = await assembleAttack('handles', 'hoard');
  const loading = loadComponent(bytes, { limits, cache: false });
  await expect(loading).rejects.toThrow(HostError);
  await expect(loading).rejects.toThrow(message);
});

function start([file, name]: readonly [string, string], limits: Partial<Limits>): Promise<Attacker> {
  return startAttacker({ file, name, outcome: 200, calls: 'says-nothing' }, { limits });
}

function post({ served, path }: Attacker): ReturnType<typeof requestRaw> {
  return requestRaw(
    served.origin,
    `POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  );
}
