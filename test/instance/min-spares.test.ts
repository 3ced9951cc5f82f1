import { describe, expect, test } from 'vitest';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { createHost, loadComponent } from '../../src/index.ts';
import { createPool } from '../../src/instance/pool.ts';
import { createRestartStrategy } from '../../src/instance/restart.ts';
import type { Grants } from '../../src/wasi/interfaces.ts';
import type { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { HostError } from '../../src/util/host-error.ts';
import { TEST_CACHE, guest, guestFile } from '../harness/guests.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { until } from '../harness/until.ts';
import { linkText } from './poker.ts';

const MIB = 1024 * 1024;

describe.each(['reset', 'restart'] as const)('with %s', (isolation) => {
  test('as many instances as asked for exist before the first request, and after it', async () => {
    await using served = await serveGuest('hello', { minSpares: 5 }, { isolation });
    expect(served.host.load.keptInstances).toBe(5);
    expect((await fetch(served.origin)).status).toBe(200);
    await until(() => served.host.load.keptInstances === 5);
  });

  test('the first request gets the first number all the same', async () => {
    await using served = await serveGuest('env', { minSpares: 5 }, { isolation });
    expect(await (await fetch(served.origin)).text()).toContain('INSTANCE_ID=0');
  });

  test('one that is lost is replaced', async () => {
    await using served = await serveGuest('trap-before', { minSpares: 3 }, { isolation });
    expect((await fetch(served.origin)).status).toBe(500);
    await until(() => served.host.load.keptInstances === 3);
  });

  test('the host cannot be created if they do not fit', async () => {
    const limits = { maxTotalMemoryBytes: 4 * MIB };
    const component = await loadComponent(guestFile('hello'), { isolation, limits, cache: TEST_CACHE });
    expect(() => createHost(component, { minSpares: 50 })).toThrow(
      /^minSpares 50 \(--min-spares\) is too much: \d of these instances fit/,
    );
  });
});

test('all but one are given back if memory runs low', async () => {
  const component = await loadComponent(guestFile('memory'), {
    limits: { maxTotalMemoryBytes: 64 * MIB },
    cache: TEST_CACHE,
  });
  await using host = createHost(component, { minSpares: 8 });
  expect(host.load.keptInstances).toBe(8);
  // What a job has made V8 keeps to its end.
  await new Promise(setImmediate);
  const response = await host.fetch('http://localhost/?mib=58');
  expect(response.status).toBe(200);
  expect(host.load.keptInstances).toBeLessThan(8);
});

test('none can be made before its request if each gets a new instance', async () => {
  const fresh = await guest('hello', { isolation: 'fresh' });
  expect(() => createHost(fresh, { minSpares: 1 })).toThrow(HostError);
});

/** A component whose start calls the host, then does `work`. */
const starting = (work: string): string => `(component
  (import "test:start/host@0.1.0" (instance $host (export "begin" (func))))
  (core func $begin (canon lower (func $host "begin")))
  (core module $m
    (import "host" "begin" (func $begin))
    (memory 1)
    (table $t 1 funcref)
    (func $start (call $begin) ${work})
    (start $start)
    (func (export "nothing")))
  (core instance $i (instantiate $m (with "host" (instance (export "begin" (func $begin))))))
  (func $nothing (canon lift (core func $i "nothing")))
  (instance $api (export "nothing" (func $nothing)))
  (export "test:start/guest" (instance $api)))`;

/** Prepares two instances that start again for each request. Returns the contexts with which they started; throws if that is one too many. */
async function prepareTwo(work: string, grants: Grants = {}): Promise<WasiCtx<Grants>[]> {
  const contexts: WasiCtx<Grants>[] = [];
  const begin = (ctx: WasiCtx<Grants>): void => {
    if (contexts.push(ctx) > 2) throw new Error('more instances than asked for');
  };
  const host = { name: 'test:start/host', version: '0.1.0', resources: {}, mayWait: [], funcs: { begin } };
  const pre = await linkText(starting(work), [host as unknown as HostInterface<WasiCtx>]);
  createPool(createRestartStrategy(pre), { grantAhead: () => grants, minSpares: 2 })[Symbol.dispose]();
  return contexts;
}

describe('the host cannot be created', () => {
  test.each([
    ['a memory', '(drop (memory.grow (i32.const 1100)))'],
    ['a table', '(drop (table.grow $t (ref.null func) (i32.const 1)))'],
  ])('if none can be kept, because its start lets %s grow', async (_what, work) => {
    await expect(prepareTwo(work)).rejects.toThrow(
      'minSpares 2 (--min-spares): no instance is used again, because the start lets a memory or a table grow too far',
    );
  });

  test('and then nothing is left of those that were made', async () => {
    const component = await loadComponent(guestFile('hello'), {
      isolation: 'restart',
      limits: { maxTotalMemoryBytes: 8 * MIB },
      cache: TEST_CACHE,
    });
    const strategy = component.createStrategy();
    using _strategy = strategy;
    expect(() => createPool(strategy, { grantAhead: () => ({}), minSpares: 50 })).toThrow('is too much');
    expect(strategy.kept.size).toBe(0);
  });

  test('if the start fails', async () => {
    await expect(prepareTwo('unreachable')).rejects.toThrow(
      'minSpares 2 (--min-spares): the start of an instance fails: unreachable',
    );
  });
});

test('a start that is undone before its request comes prints, logs and sends nothing', async () => {
  const grants: Grants = {
    env: [['NAME', 'value']],
    writeOutput: () => expect.unreachable(),
    logMessage: () => expect.unreachable(),
    sendRequest: () => expect.unreachable(),
  };
  const contexts = await prepareTwo('', grants);
  expect(contexts).toHaveLength(2);
  for (const ctx of contexts) {
    expect(ctx.grants).toMatchObject({ env: [['NAME', 'value']] });
    expect(ctx.grants.writeOutput ?? ctx.grants.logMessage ?? ctx.grants.sendRequest).toBeUndefined();
  }
});

test('a start before its request may run for as long as one during a request', async () => {
  const [short] = await prepareTwo('', { cpuTimeoutMs: 50 });
  expect(short?.grants.cpuTimeoutMs).toBe(50);
  const [unbounded] = await prepareTwo('', { cpuTimeoutMs: 0 });
  expect(unbounded?.grants.cpuTimeoutMs).toBeGreaterThan(0);
});
