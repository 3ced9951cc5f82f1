import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import { createSource } from '../../src/component/source.ts';
import { type Component, HostError, loadComponent, SharedQuota } from '../../src/index.ts';
import { linkComponent } from '../../src/linker/link.ts';
import { collectGarbage } from '../../src/util/collect.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/util/limits.ts';
import { until } from '../harness/until.ts';
import { connectRaw, type RawClient, rawGet, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { noticesOf, type Served, serveGuest } from '../harness/serve-guest.ts';
import { assembleFields } from './assemble.ts';

const WAYS = [
  { engine: 'linker', isolation: 'reset' },
  { engine: 'linker', isolation: 'fresh' },
  { engine: 'jco', isolation: 'fresh' },
] as const;

type Way = (typeof WAYS)[number];

/** Grows a table by a thousand elements, five times at most, and holds it until the request has a body. Answers with 200 and how often. */
const GROWING = `(table $table 0 funcref)
  (func $attack (param $request i32) (param $out i32) (local $times i32)
    (loop $again
      (if (i32.ne (i32.const -1) (table.grow $table (ref.null func) (i32.const 1000)))
        (then (br_if $again (i32.lt_u (local.tee $times (i32.add (local.get $times) (i32.const 1))) (i32.const 5))))))
    (call $incoming-request.consume (local.get $request) (i32.const 0))
    (call $incoming-body.stream (i32.load (i32.const 4)) (i32.const 0))
    (call $pollable.block (call $input-stream.subscribe (i32.load (i32.const 4))))
    (call $answer (local.get $out) (i32.add (i32.const 200) (local.get $times))))`;

/** As much from the start. */
const LARGE = GROWING.replace('(table $table 0 funcref)', '(table $large 5000 funcref) (table $table 5 funcref)');

/** For some guests of the first kind, and fewer than are asked. */
const TOTAL = 2_000_000;
const GUESTS = 12;

const FULL =
  /the tables and core instances of all guests together may have \d+ bytes of V8's heap \(--limit total-instance-heap-bytes\)/;

describe.each(WAYS)('guests that all take tables ($engine $isolation)', (way) => {
  test('are refused some: together they hold no more than the total, and others are served after them', async () => {
    const component = await load(GROWING, way);
    await using served = await serveGuest(component);
    const clients = await ask(served, GUESTS);
    expect(component.instanceHeap.sum).toBeLessThanOrEqual(TOTAL);
    expect(component.instanceHeap.sum).toBeGreaterThan(TOTAL / 2);
    const times = (await finish(clients)).flatMap(({ status }) => (status === 503 ? [] : [status - 200]));
    expect(Math.max(...times)).toBe(5);
    expect(Math.min(...times)).toBeLessThan(5);
    expect(noticesOf(served)).toEqual([expect.stringMatching(FULL)]);
    await until(() => served.host.inFlight === 0);
    await until(async () => (await finish(await ask(served, 1)))[0]?.status === 205);
  });

  test('tell their client to retry if they cannot start', async () => {
    const component = await load(LARGE, way);
    await using served = await serveGuest(component);
    const clients = await ask(served, GUESTS);
    const reply = await requestRaw(served.origin, rawGet('/'));
    expect(reply).toMatchObject({ status: 503, ending: 'framed' });
    expect(valuesOf(reply, 'retry-after')).toEqual(['1']);
    expect(served.events.all).toContainEqual(
      expect.objectContaining({ at: 'request-failed', limit: 'total-instance-heap-bytes' }),
    );
    await finish(clients);
    await served.host.close();
    await until(() => sumAfterCollection(component) === 0);
  });
});

test('memories of many instances leave addresses for those of others', async () => {
  const component = await load(`${'(memory 1)'.repeat(60)} ${GROWING}`, WAYS[1], {
    // A quarter of a heap of 4 GiB.
    instanceHeap: new SharedQuota(2 ** 30),
  });
  await using served = await serveGuest(component);
  const clients = await ask(served, 2);
  // V8 has some 16,000.
  expect((component.instanceHeap.max / component.instanceHeap.sum) * 2 * 61).toBeLessThan(12_000);
  await finish(clients);
});

test('spares of other components are released, except one', async () => {
  const instanceHeap = new SharedQuota(TOTAL);
  await using served = await serveGuest(await load(LARGE, WAYS[0], { instanceHeap }));
  await finish(await ask(served, 4));
  await until(() => served.host.inFlight === 0);
  await using other = await serveGuest(await load(LARGE, WAYS[0], { instanceHeap }));
  expect((await finish(await ask(other, 2))).map(({ status }) => status)).toEqual([205, 205]);
});

test('a component that could never start is not loaded', async () => {
  const loading = load(GROWING, WAYS[0], {}, { maxTotalInstanceHeapBytes: 10_000 });
  await expect(loading).rejects.toThrow(HostError);
  await expect(loading).rejects.toThrow(FULL);
});

/** Computed anew for each instance. */
const LONG_EXPRESSION = `(i32.const 0) ${'(i32.const 0) (i32.add)'.repeat(55_000)}`;

test.each<[string, string, Partial<Limits>, RegExp]>([
  [
    'tables of many modules',
    '(table 500 funcref)',
    { maxTableElements: 9999 },
    /the tables of an instance have 10000 elements in total, the limit is 9999 \(--limit table-elements\)/,
  ],
  [
    'core instances',
    '',
    { maxCoreInstances: 19 },
    /an instance has 20 core instances, the limit is 19 \(--limit core-instances\)/,
  ],
  ['memories', '(memory 1)', { maxMemories: 19 }, /an instance has 20 memories, the limit is 19 \(--limit memories\)/],
  [
    'many functions',
    '(func) (func) (func) (func) (func)',
    { maxInstanceHeapBytes: 80_000 },
    /of an instance \(20 modules\) take \d+ bytes of V8's heap, the limit is 80000/,
  ],
  [
    'first values',
    '(type $a (array i64)) (global (ref $a) (array.new_default $a (i32.const 100000)))',
    {},
    /take \d+ bytes of V8's heap, the limit is 16777216 \(--limit instance-heap-bytes\)/,
  ],
  [
    'floats that are restored by their bits',
    '(global (mut f64) (f64.const 0))'.repeat(1000),
    {},
    /take \d+ bytes of V8's heap, the limit is 16777216 \(--limit instance-heap-bytes\)/,
  ],
  ...['(global i32', '(table 1 funcref) (elem (offset', '(memory 1) (data (offset'].map(
    (what): [string, string, Partial<Limits>, RegExp] => [
      `long constant expressions ${what}`,
      `${what} ${LONG_EXPRESSION} ${what.includes('offset') ? '))' : ')'}`,
      {},
      /take \d+ bytes of V8's heap, the limit is 16777216 \(--limit instance-heap-bytes\)/,
    ],
  ),
])('%s of one component are added up', async (_name, fields, limits, message) => {
  const instances = '(core instance (instantiate $module))'.repeat(20);
  const wat = `(component (core module $module ${fields}) ${instances})`;
  const linking = link(wat, limits);
  await expect(linking).rejects.toThrow(expect.objectContaining({ code: 'bad-component' }));
  await expect(linking).rejects.toThrow(message);
  await link(wat, { maxTableElements: 10_000, maxInstanceHeapBytes: 100_000_000 });
});

async function link(wat: string, limits: Partial<Limits>): Promise<unknown> {
  return await linkComponent(createSource('test.wasm', await parse(wat)), [], {
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
}

async function load(
  fields: string,
  way: Way,
  shared: { instanceHeap?: SharedQuota } = {},
  limits: Partial<Limits> = {},
): Promise<Component> {
  const bytes = await assembleFields(fields);
  return await loadComponent(bytes, {
    ...way,
    ...shared,
    cache: false,
    limits: { maxTotalInstanceHeapBytes: TOTAL, ...limits },
  });
}

/** This many concurrent requests. Resolves when each was refused or has a guest that holds its tables until `finish`. */
async function ask({ origin, host, events }: Served, count: number): Promise<RawClient[]> {
  const answered = (): number => events.all.filter(({ at }) => at === 'request').length;
  const before = answered();
  const clients = await Promise.all(Array.from({ length: count }, () => connectRaw(origin)));
  for (const client of clients) await client.send(rawGet('/', 'Content-Length: 1'));
  await until(() => host.inFlight + answered() - before === count);
  return clients;
}

/** Lets the guests continue. Returns their replies. */
async function finish(clients: readonly RawClient[]): Promise<Awaited<ReturnType<RawClient['readReply']>>[]> {
  for (const client of clients) await client.send('x');
  const replies = await Promise.all(clients.map((client) => client.readReply()));
  for (const client of clients) await client[Symbol.asyncDispose]();
  return replies;
}

function sumAfterCollection({ instanceHeap }: Component): number {
  collectGarbage('sync');
  return instanceHeap.sum;
}
