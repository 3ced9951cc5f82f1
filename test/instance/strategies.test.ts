import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { createRecyclingStrategy } from '../../src/instance/fresh.ts';
import { Lease } from '../../src/instance/pool.ts';
import { createResetStrategy } from '../../src/instance/reset.ts';
import { createRestartStrategy } from '../../src/instance/restart.ts';
import { ROOM_PAGES } from '../../src/instance/restoring.ts';
import { probeReset } from '../../src/instance/probe-reset.ts';
import { Spares } from '../../src/instance/spares.ts';
import type { InstanceStrategy } from '../../src/instance/strategy.ts';
import type { LinkedPre } from '../../src/linker/link.ts';
import type { LinkedInstance } from '../../src/linker/run/linked-instance.ts';
import type { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { wasiInterfaces } from '../../src/wasi/interfaces.ts';
import { until } from '../harness/until.ts';
import { PokerHost, findChange, linkPoker, linkText, noCtx, poke, stateOf } from './poker.ts';

const PAGE_BYTES = 65_536;

type Instance = LinkedInstance<WasiCtx>;

const host = new PokerHost();
const pre = await linkPoker(host);

const STRATEGIES: readonly (readonly [name: string, create: (pre: LinkedPre<WasiCtx>) => InstanceStrategy])[] = [
  ['fresh', createRecyclingStrategy],
  ['restart', createRestartStrategy],
  ['reset', createResetStrategy],
];

const open: InstanceStrategy[] = [];
afterEach(() => {
  for (const strategy of open.splice(0)) strategy[Symbol.dispose]();
});

function opened(strategy: InstanceStrategy): InstanceStrategy {
  open.push(strategy);
  return strategy;
}

const take = (strategy: InstanceStrategy): Instance => strategy.take(noCtx()) as Instance;

describe.each(STRATEGIES)('%s', (_name, create) => {
  test('a sound instance is used again, and finds nothing', async () => {
    const strategy = opened(create(pre));
    const instance = take(strategy);
    const start = stateOf(instance);
    await poke(instance, 'memory.fill', { at: 3000, n: 90_000, v: 7 });
    await poke(instance, 'globals', { v: 99 });
    await poke(instance, 'table.fill', {});
    strategy.giveBack(instance, 'reusable');
    const next = take(strategy);
    expect(next).toBe(instance);
    expect(withoutFunctions(stateOf(next))).toEqual(withoutFunctions(start));
  });

  test('a tainted instance is never used again', () => {
    const strategy = opened(create(pre));
    const instance = take(strategy);
    strategy.giveBack(instance, 'tainted');
    expect(take(strategy)).not.toBe(instance);
  });

  test('an instance whose memory has grown far is not kept', async () => {
    const strategy = opened(create(pre));
    const instance = take(strategy);
    await poke(instance, 'memory.grow-by', { n: ROOM_PAGES + 1 });
    strategy.giveBack(instance, 'reusable');
    expect(take(strategy)).not.toBe(instance);
  });

  test('nothing is kept after the disposal', () => {
    const strategy = create(pre);
    const [one, other] = [take(strategy), take(strategy)];
    strategy.giveBack(one, 'reusable');
    strategy[Symbol.dispose]();
    strategy.giveBack(other, 'reusable');
    expect([one, other]).not.toContain(take(strategy));
  });

  test('a lease that ends while its guest is suspended recycles neither memory nor marks', async () => {
    const strategy = opened(create(pre));
    const ctx = noCtx();
    const lease = new Lease(strategy, strategy.take(ctx), ctx);
    const suspended = lease.instance as Instance;
    lease.begin();
    const returned = poke(suspended, 'wait-and-store', { at: 77, v: 0x5a5a5a5a });
    await until(() => host.waiting.length > 0);
    lease[Symbol.dispose]();

    const next = take(strategy);
    const bytes = next.core.memories[0]?.bytes.slice() ?? new Uint8Array(0);
    expect(next).not.toBe(suspended);
    expect(next.core.memories[0]?.base).not.toBe(suspended.core.memories[0]?.base);
    for (const resume of host.waiting.splice(0)) resume();
    await expect(returned).rejects.toThrow('the request is over');
    expect(suspended.core.memories[0]?.bytes[77]).toBe(0);
    expect(findChange(next, bytes)).toBe(-1);
  });

  test('a cancelled lease taints its instance even if the guest returns', async () => {
    const strategy = opened(create(pre));
    const ctx = noCtx();
    const lease = new Lease(strategy, strategy.take(ctx), ctx);
    lease.begin();
    ctx.cancellation.cancel('client-left');
    lease.end();
    lease[Symbol.dispose]();
    expect(take(strategy)).not.toBe(lease.instance);
  });
});

test.each([
  ['is kept by reset', createResetStrategy, true],
  ['is kept by restart', createRestartStrategy, true],
  ['is not kept by fresh', createRecyclingStrategy, false],
] as const)('an instance whose memory has grown a little %s', async (_what, create, isKept) => {
  const strategy = opened(create(pre));
  const instance = take(strategy);
  await poke(instance, 'memory.grow-by', { n: 100 });
  strategy.giveBack(instance, 'reusable');
  expect(take(strategy) === instance).toBe(isKept);
});

test('a longer table makes an instance unfit', async () => {
  const strategy = opened(createResetStrategy(pre));
  const instance = take(strategy);
  await poke(instance, 'table.grow', {});
  strategy.giveBack(instance, 'reusable');
  expect(take(strategy)).not.toBe(instance);
});

test('the instance that was probed serves first', () => {
  const probed = probeReset(pre);
  if ('reason' in probed) throw new Error(probed.reason);
  expect(take(opened(createResetStrategy(pre, probed)))).toBe(probed);
});

describe('spares', () => {
  test('are released when they are not used, except one', async () => {
    using spares = new Spares({}, { sweepMs: 10, maxLastingBytes: 0 });
    for (let count = 0; count < 10; count += 1) spares.add(pre.instantiate(noCtx()));
    await until(() => spares.size === 1);
  });

  test('that are used stay', async () => {
    using spares = new Spares({}, { sweepMs: 10, maxLastingBytes: 0 });
    for (let count = 0; count < 3; count += 1) spares.add(pre.instantiate(noCtx()));
    for (let round = 0; round < 10; round += 1) {
      const taken = [spares.take(), spares.take()].filter((spare) => spare !== undefined);
      expect(taken).toHaveLength(2);
      await sleep(5);
      for (const spare of taken) spares.add(spare);
    }
    expect(spares.size).toBeGreaterThan(1);
  });

  test('that a lull leaves unused last, unless they are large', async () => {
    const start = 2 * PAGE_BYTES;
    using spares = new Spares({}, { sweepMs: 5, maxLastingBytes: 3 * start });
    for (let count = 0; count < 10; count += 1) spares.add(pre.instantiate(noCtx()));
    await until(() => spares.size === 3);
    expect(spares.byteLength).toBe(3 * start);
    // Only many sweeps later.
    await until(() => spares.size === 1);
  });

  test('that have started are taken first', () => {
    using spares = new Spares();
    const [one, two, three, four] = Array.from({ length: 4 }, () => pre.instantiate(noCtx())) as [
      Instance,
      Instance,
      Instance,
      Instance,
    ];
    spares.add(one);
    spares.addStarted(two);
    spares.add(three);
    spares.addStarted(four);
    expect(spares.started).toBe(2);
    expect(spares.takeUnstarted()).toBe(three);
    expect([spares.take(), spares.take(), spares.take(), spares.take()]).toEqual([four, two, one, undefined]);
    expect([spares.started, spares.byteLength]).toEqual([0, 0]);
  });

  test('are few', () => {
    using spares = new Spares();
    const start = 2 * PAGE_BYTES;
    let kept = 0;
    while (spares.hasRoomFor(start)) {
      spares.add(pre.instantiate(noCtx()));
      kept += 1;
    }
    expect(kept).toBe(256);
  });
});

describe('what cannot be reset is said, and is fresh', () => {
  test.each([
    ['data.drop', '(memory 1) (data $d "x") (func (export "f") (data.drop $d))', 'it drops data or element segments'],
    ['elem.drop', '(elem $e func 0) (func (export "f") (elem.drop $e))', 'it drops data or element segments'],
    ['a second memory', '(memory 1) (memory 1) (func (export "f"))', 'it has a memory that is not tracked'],
    [
      'an exnref global',
      '(global (mut exnref) (ref.null exn)) (func (export "f"))',
      'it has globals or tables that cannot be read',
    ],
    [
      'a v128 global',
      '(global (mut v128) (v128.const i64x2 0 0)) (func (export "f"))',
      'it has globals or tables that cannot be read',
    ],
  ])('%s', async (_what, fields, reason) => {
    expect(probeReset(await linkText(ofModule(fields), []))).toMatchObject({ kind: 'unrestorable', reason });
  });

  test('a start that traps', async () => {
    const trapping = await linkText(ofModule('(func $s unreachable) (start $s) (func (export "f"))'), []);
    expect(probeReset(trapping)).toMatchObject({ kind: 'unrestorable', reason: 'its start fails: unreachable' });
  });

  test('a start that asks the host', async () => {
    const asking = await linkText(
      `(component
        (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
        (core func $now (canon lower (func $clock "now")))
        (core module $m (import "clock" "now" (func $now (result i64))) (global $g (mut i64) (i64.const 0))
          (func $s (global.set $g (call $now))) (start $s) (func (export "f")))
        (core instance $i (instantiate $m (with "clock" (instance (export "now" (func $now))))))
        (func $f (canon lift (core func $i "f")))
        (instance $api (export "f" (func $f)))
        (export "test:poker/guest" (instance $api)))`,
      wasiInterfaces,
    );
    expect(probeReset(asking)).toMatchObject({
      kind: 'impure-start',
      reason: expect.stringMatching(/^its start calls wasi:clocks\/monotonic-clock@\S+#now$/) as string,
    });
  });
});

test.each([
  ['a second memory', '(memory 1) (memory $m 1)'],
  ['a second memory that is filled', '(memory 1) (memory $m 1) (data (memory $m) (i32.const 9) "abc")'],
])('%s carries nothing over in fresh instances', async (_what, memories) => {
  const linked = await linkText(
    ofModule(
      `${memories} (func (export "f") (result i32) (i32.load $m (i32.const 100)) (i32.store $m (i32.const 100) (i32.const 7)))`,
      'u32',
    ),
    [],
  );
  const strategy = opened(createRecyclingStrategy(linked));
  for (let request = 0; request < 3; request += 1) {
    const instance = take(strategy);
    expect(await instance.call(noCtx(), 'test:poker/guest', 'f', [])).toBe(0);
    strategy.giveBack(instance, 'reusable');
  }
});

/** A component of one core module, whose `f` it exports. */
function ofModule(fields: string, result?: string): string {
  return `(component (core module $m ${fields}) (core instance $i (instantiate $m))
    (func $f ${result === undefined ? '' : `(result ${result})`} (canon lift (core func $i "f")))
    (instance $api (export "f" (func $f))) (export "test:poker/guest" (instance $api)))`;
}

const nameOf = (value: unknown): unknown => (typeof value === 'function' ? value.name : value);

/** A fresh instance has functions of its own, which are not the same and do the same. */
function withoutFunctions(state: unknown): unknown {
  const { memories, globals, tables } = state as { memories: unknown; globals: unknown[]; tables: unknown[][] };
  return { memories, globals: globals.map(nameOf), tables: tables.map((table) => table.map(nameOf)) };
}
