import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { createSource } from '../../src/component/source.ts';
import { type InstancePool, createPool } from '../../src/instance/pool.ts';
import { createRestartStrategy } from '../../src/instance/restart.ts';
import type { Instance } from '../../src/linker/instance-pre.ts';
import { linkComponent } from '../../src/linker/link.ts';
import { Cancelled } from '../../src/wasi/cancellation.ts';
import { SharedQuota } from '../../src/util/shared-quota.ts';
import type { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { until } from '../harness/until.ts';

/** A start that asks the host for a number, traps if that is odd, and remembers it; `told` gives it to the request. */
const ASKING = `(component
  (import "test:start/host@0.1.0" (instance $host (export "next" (func (result u32))) (export "other" (func))))
  (core func $next (canon lower (func $host "next")))
  (core func $other (canon lower (func $host "other")))
  (core module $m
    (import "host" "next" (func $next (result i32)))
    (import "host" "other" (func $other))
    (memory 1)
    (global $told (mut i32) (i32.const 0))
    (func $start
      (global.set $told (call $next))
      (if (i32.and (global.get $told) (i32.const 1)) (then unreachable))
      (if (i32.eq (global.get $told) (i32.const 1000)) (then (call $other)))
      (if (i32.eq (global.get $told) (i32.const 2000)) (then (if (i32.eq (memory.grow (i32.const 8)) (i32.const -1)) (then unreachable))))
      (if (i32.eq (global.get $told) (i32.const 3000)) (then (drop (memory.grow (i32.const 8)))))
      ;; So that a start that was not undone could be seen.
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))))
    (start $start)
    (func (export "told") (result i32) (i32.add (i32.mul (i32.load (i32.const 0)) (i32.const 10000)) (global.get $told))))
  (core instance $i (instantiate $m (with "host" (instance (export "next" (func $next)) (export "other" (func $other))))))
  (func $told (result u32) (canon lift (core func $i "told")))
  (instance $api (export "told" (func $told)))
  (export "test:start/guest" (instance $api)))`;

/** What a guest replies that has started once, and was told `number`. */
const startedWith = (number: number): number => 10_000 + number;

/** A host whose numbers are given, and that remembers who asked. */
class Numbers {
  next = 0;
  readonly askedBy: WasiCtx[] = [];
  readonly interfaces = [
    {
      name: 'test:start/host',
      version: '0.1.0',
      resources: {},
      mayWait: [],
      funcs: {
        next: (ctx: WasiCtx) => {
          this.askedBy.push(ctx);
          return this.next;
        },
        other: () => undefined,
      },
    } as unknown as HostInterface<WasiCtx>,
  ];
}

const HOLDER = { grants: () => ({}) };

const open: Disposable[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const one of open.splice(0)) one[Symbol.dispose]();
});

async function openPool(
  host: Numbers,
  mayAskAhead = (name: string) => name.endsWith('#next'),
  memory?: SharedQuota,
): Promise<InstancePool> {
  const source = createSource('a test', await parse(ASKING));
  const pre = await linkComponent(source, host.interfaces, { memory });
  const strategy = createRestartStrategy(pre, mayAskAhead);
  const pool = createPool(strategy, { grantAhead: () => ({}) });
  open.push(pool);
  return pool;
}

/** Leases, calls, gives back. */
async function ask(pool: InstancePool): Promise<{ told: unknown; instance: Instance<WasiCtx>; ctx: WasiCtx }> {
  const lease = pool.lease(HOLDER);
  const { instance, ctx } = lease;
  lease.begin();
  const told = await instance.call(ctx, 'test:start/guest', 'told', []);
  lease.end();
  lease[Symbol.dispose]();
  return { told, instance, ctx };
}

/** The first request makes an instance, the second starts it again: then it is known how long that takes. */
async function askTwice(pool: InstancePool): Promise<void> {
  await ask(pool);
  await ask(pool);
}

/** A pool that has had two requests. */
async function openAskedPool(...args: Parameters<typeof openPool>): Promise<InstancePool> {
  const pool = await openPool(...args);
  await askTwice(pool);
  return pool;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(): Promise<void> {
  for (let count = 0; count < 5; count += 1) await turn();
}

describe('a spare whose start takes little time', () => {
  test('starts before its request comes, which goes on with what it was told', async () => {
    const host = new Numbers();
    const pool = await openAskedPool(host);
    host.next = 2;
    await until(() => host.askedBy.length === 3);
    host.next = 4;
    const { told, ctx } = await ask(pool);
    expect(told).toBe(startedWith(2));
    expect(ctx).toBe(host.askedBy[2]);
    await until(() => host.askedBy.length === 4);
    expect((await ask(pool)).told).toBe(startedWith(4));
  });

  test('starts once for each request', async () => {
    const host = new Numbers();
    const pool = await openAskedPool(host);
    for (let round = 0; round < 10; round += 1) {
      await turns();
      expect((await ask(pool)).told).toBe(startedWith(0));
    }
    await turns();
    expect(host.askedBy).toHaveLength(13);
    expect(new Set(host.askedBy).size).toBe(13);
  });

  test('starts again for a request that comes much later', async () => {
    const host = new Numbers();
    const pool = await openAskedPool(host);
    host.next = 2;
    await until(() => host.askedBy.length === 3);
    host.next = 4;
    const now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now + 60_000);
    expect((await ask(pool)).told).toBe(startedWith(4));
  });

  test('starts again if it was ended meanwhile to make room for others', async () => {
    const host = new Numbers();
    const pool = await openAskedPool(host);
    host.next = 2;
    await until(() => host.askedBy.length === 3);
    host.next = 4;
    host.askedBy[2]?.held.end('evicted');
    expect((await ask(pool)).told).toBe(startedWith(4));
  });

  test('does not start when the pool is closed', async () => {
    const host = new Numbers();
    const pool = await openAskedPool(host);
    pool[Symbol.dispose]();
    await turns();
    expect(host.askedBy).toHaveLength(2);
  });
});

describe('a start that fails before its request comes', () => {
  test('fails the next request, and no other', async () => {
    const host = new Numbers();
    const pool = await openAskedPool(host);
    host.next = 1;
    await until(() => host.askedBy.length === 3);
    await turns();
    host.next = 2;
    expect(() => pool.lease(HOLDER)).toThrow('the guest failed to start: unreachable');
    expect((await ask(pool)).told).toBe(startedWith(2));
  });

  test('that the host ended is not its failure', async () => {
    const host = new Numbers();
    const pool = await openAskedPool(host);
    const { push } = host.askedBy;
    host.askedBy.push = (ctx) => {
      ctx.cancellation.cancel('overloaded');
      push.call(host.askedBy, ctx);
      throw ctx.cancellation.trap ?? new Cancelled('overloaded');
    };
    await until(() => host.askedBy.length === 3);
    host.askedBy.push = push;
    expect((await ask(pool)).told).toBe(startedWith(0));
  });
});

test.each([
  [2000, 'traps'],
  [3000, 'goes on'],
])('a start that was told %i, was refused memory before its request came, and %s, is undone', async (told) => {
  const host = new Numbers();
  const memory = new SharedQuota(1024 * 1024);
  const pool = await openAskedPool(host, undefined, memory);
  const other = memory.hold(host);
  expect(memory.resize(other, memory.max - memory.sum)).toBe(true);
  host.next = told;
  await until(() => host.askedBy.length === 3);
  await turns();
  memory.resize(other, 0);
  host.next = 2;
  expect((await ask(pool)).told).toBe(startedWith(2));
});

describe('no start runs ahead', () => {
  test('that asks for what it is only told during its request', async () => {
    const host = new Numbers();
    await openAskedPool(host, () => false);
    await turns();
    expect(host.askedBy).toHaveLength(2);
  });

  test('to its end, that asks for more than those before: it is undone, and the request runs its own', async () => {
    const host = new Numbers();
    const pool = await openAskedPool(host);
    host.next = 1000;
    await until(() => host.askedBy.length === 3);
    host.next = 2;
    const { told, ctx } = await ask(pool);
    expect(told).toBe(startedWith(2));
    expect(ctx).not.toBe(host.askedBy[2]);
    await turns();
    expect(host.askedBy).toHaveLength(4);
  });

  test('that took long when a request waited for it', async () => {
    const host = new Numbers();
    const pool = await openPool(host);
    let nowMs = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 10));
    await askTwice(pool);
    await turns();
    expect(host.askedBy).toHaveLength(2);
  });
});

test("WASI's functions are asked before the request, which has the number that its guest was told", async () => {
  await using served = await serveGuest('start', {}, { isolation: 'restart' });
  for (let round = 0; round < 8; round += 1) {
    const report = await (await fetch(served.origin)).text();
    expect(report).toMatch(
      new RegExp(`^starts: 1\\nvisits: 1\\nseed: \\d+\\nid: ${round}\\nms since the start: \\d+\\n$`),
    );
  }
});
