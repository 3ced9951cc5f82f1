import { describe, expect, test } from 'vitest';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { createPreemption } from '../../src/instance/preempt/preemption.ts';
import { type InstancePool, createPool } from '../../src/instance/pool.ts';
import { createFreshStrategy, createRecyclingStrategy } from '../../src/instance/fresh.ts';
import { DECISION } from '../../src/linker/preemption.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/util/limits.ts';
import { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { Cancelled } from '../../src/wasi/cancellation.ts';
import { linkText, linkTextByJco } from './poker.ts';

/** How long guests may run here. Each runs as long as that at least. */
const LIMIT = { cpuTimeoutMs: 300 };

const HOST = {
  name: 'test:host/host',
  version: '0.1.0',
  resources: {},
  mayWait: [],
  funcs: { give: () => 'text' },
} as unknown as HostInterface<WasiCtx>;

/** Where a guest may loop that cannot be suspended there. */
interface Places {
  readonly start?: string;
  readonly realloc?: string;
  readonly postReturn?: string;
  readonly destructor?: string;
  readonly inner?: string;
  /** More to instantiate. */
  readonly more?: string;
}

/** A component that loops in one place, and an export for each of them. */
function component({
  start = '',
  realloc = '',
  postReturn = '',
  destructor = '',
  inner = '',
  more = '',
}: Places): string {
  return `(component
    ${more}
    (import "test:host/host@0.1.0" (instance $host (export "give" (func (result string)))))
    (component $other
      (core module $m (func (export "call") ${inner}))
      (core instance $i (instantiate $m))
      (func (export "call") (canon lift (core func $i "call"))))
    (instance $other (instantiate $other))
    (core func $call (canon lower (func $other "call")))
    (core module $libc
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) ${realloc} (i32.const 1024))
      (func (export "drop") (param i32) ${destructor}))
    (core instance $libc (instantiate $libc))
    (type $thing (resource (rep i32) (dtor (core func $libc "drop"))))
    (core func $new (canon resource.new $thing))
    (core func $drop (canon resource.drop $thing))
    (core func $give (canon lower (func $host "give") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $main
      (import "host" "give" (func $give (param i32)))
      (import "host" "new" (func $new (param i32) (result i32)))
      (import "host" "drop" (func $drop (param i32)))
      (import "host" "call" (func $call))
      (start $start)
      (func $start ${start})
      (func (export "take") (call $give (i32.const 0)))
      (func (export "return") (result i32) (i32.const 7))
      (func (export "clean") (param i32) ${postReturn})
      (func (export "destroy") (call $drop (call $new (i32.const 5))))
      (func (export "pass") (call $call)))
    (core instance $main (instantiate $main (with "host" (instance
      (export "give" (func $give)) (export "new" (func $new)) (export "drop" (func $drop)) (export "call" (func $call))))))
    (func $take (canon lift (core func $main "take")))
    (func $return (result u32) (canon lift (core func $main "return") (post-return (core func $main "clean"))))
    (func $destroy (canon lift (core func $main "destroy")))
    (func $pass (canon lift (core func $main "pass")))
    (instance $api
      (export "take" (func $take)) (export "return" (func $return))
      (export "destroy" (func $destroy)) (export "pass" (func $pass)))
    (export "test:guest/guest" (instance $api)))`;
}

const LOOPS = [
  ['loops', '(loop $again (br $again))'],
  ['catches all that can be caught', '(loop $again (try_table (catch_all $again) (loop $inner (br $inner))))'],
] as const;

/** Where each function makes the guest run. */
const PLACES = {
  take: 'realloc',
  return: 'postReturn',
  destroy: 'destructor',
  pass: 'inner',
} as const satisfies Record<string, keyof Places>;

const ENGINES = ['linker', 'jco'] as const;
const HERE = ENGINES.flatMap((engine) => LOOPS.map(([what, loop]) => ({ engine, what, loop })));

describe.each(HERE)('a guest that $what while it cannot be suspended ($engine)', ({ engine, loop }) => {
  test.each(Object.entries(PLACES))('(%s, in %s) ends when its CPU time is used up', async (func, place) => {
    const pool = await createPoolOf({ [place]: loop }, engine);
    using lease = pool.lease({ grants: () => LIMIT });
    const error: unknown = await lease.instance
      .call(lease.ctx, 'test:guest/guest', func, [])
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WebAssembly.RuntimeError);
    expect(lease.ctx.cancellation.trap).toMatchObject({ reason: 'cpu', message: 'guest used up its CPU time' });
  });

  test('(at its start) ends when its CPU time is used up', async () => {
    const pool = await createPoolOf({ start: loop }, engine);
    expect(() => pool.lease({ grants: () => LIMIT })).toThrow(new Cancelled('cpu'));
  });

  test('(at its start) ends at its deadline', async () => {
    const pool = await createPoolOf({ start: loop }, engine);
    expect(() => pool.lease({ grants: () => ({ timeoutMs: 30 }) })).toThrow(new Cancelled('deadline'));
  });
});

/** Each takes V8 some ten milliseconds: a million elements of a table. */
const SLOW_INSTANCES = `(core module $slow (table 10000 funcref) (func $f)
  ${`(elem (i32.const 0) func ${'$f '.repeat(10_000)})`.repeat(100)})
  ${'(core instance (instantiate $slow))'.repeat(200)}`;

/** They are refused otherwise. */
const LARGE_INSTANCES = { ...DEFAULT_LIMITS, maxTableElements: 1e7, maxInstanceHeapBytes: 1e10 };

test.each(ENGINES)(
  'a guest of many core instances ends while it starts when its CPU time is used up (%s)',
  async (engine) => {
    const pool = await createPoolOf({ more: SLOW_INSTANCES }, engine, LARGE_INSTANCES);
    expect(() => pool.lease({ grants: () => LIMIT })).toThrow(new Cancelled('cpu'));
  },
);

test.each(ENGINES)('code without loops passes even if it cannot be suspended (%s)', async (engine) => {
  const pool = await createPoolOf({}, engine);
  for (const func of Object.keys(PLACES)) {
    using lease = pool.lease({ grants: () => ({}) });
    await expect(lease.instance.call(lease.ctx, 'test:guest/guest', func, [])).resolves.toBe(
      func === 'return' ? 7 : undefined,
    );
  }
});

test('time that another guest computes before one really resumes is not its CPU time', () => {
  const preemption = createPreemption();
  const [one, other] = [new WasiCtx(LIMIT), new WasiCtx(LIMIT)];
  preemption.enter(one);
  preemption.enter(other);
  const endMs = performance.now() + LIMIT.cpuTimeoutMs;
  while (performance.now() < endMs);
  expect(preemption.interrupt(other)).toBe(DECISION.trap);
  expect(preemption.interrupt(one)).toBe(DECISION.goOn);
  preemption.leave(one);
  expect(one.cancellation.trap).toBeUndefined();
});

const WAITING = 10;

/** Computes for a while in each of this many concurrent calls, and waits in the middle. */
const COUNTER = `(component
  (import "test:host/host@0.1.0" (instance $host (export "wait" (func))))
  (core func $wait (canon lower (func $host "wait")))
  (core module $main
    (import "host" "wait" (func $wait))
    (memory 1)
    (func $compute (param $rounds i32)
      (loop $again
        (i32.store (i32.and (local.get $rounds) (i32.const 0xfffc)) (local.get $rounds))
        (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
    (func (export "count") (param $rounds i32) (result i32)
      (call $compute (local.get $rounds)) (call $wait) (call $compute (local.get $rounds)) (i32.load (i32.const 4))))
  (core instance $main (instantiate $main (with "host" (instance (export "wait" (func $wait))))))
  (func $count (param "rounds" u32) (result u32) (canon lift (core func $main "count")))
  (instance $api (export "count" (func $count)))
  (export "test:guest/guest" (instance $api)))`;

test('guests that compute for long at the same time all end with what they would have computed alone', async () => {
  const waits = { ...HOST, mayWait: ['wait'], funcs: { wait: () => Promise.resolve() } } as unknown as typeof HOST;
  const pre = await linkText(COUNTER, [waits], createPreemption());
  const pool = createPool(createRecyclingStrategy(pre));
  const ended: number[] = [];
  const call = async (rounds: number): Promise<unknown> => {
    using lease = pool.lease({ grants: () => ({}) });
    lease.begin();
    const result = await lease.instance.call(lease.ctx, 'test:guest/guest', 'count', [rounds]);
    lease.end();
    ended.push(rounds);
    return result;
  };
  const calls = Array.from({ length: WAITING }, (_, index) => (index === WAITING - 1 ? 100 : 10_000_000 + index));
  expect(await Promise.all(calls.map(call))).toEqual(calls.map(() => 4));
  expect(ended).toHaveLength(WAITING);
  expect(ended[0]).toBe(100);
});

async function createPoolOf(places: Places, engine: (typeof ENGINES)[number], limits?: Limits): Promise<InstancePool> {
  const wat = component(places);
  if (engine === 'jco')
    return createPool(createFreshStrategy(await linkTextByJco(wat, [HOST], createPreemption(), limits)));
  return createPool(createRecyclingStrategy(await linkText(wat, [HOST], createPreemption(), limits)));
}
