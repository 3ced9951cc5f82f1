import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createRecyclingStrategy } from '../../src/instance/fresh.ts';
import { Lease } from '../../src/instance/pool.ts';
import { createResetStrategy } from '../../src/instance/reset.ts';
import { createRestartStrategy } from '../../src/instance/restart.ts';
import { ROOM_PAGES } from '../../src/instance/restoring.ts';
import type { InstanceStrategy } from '../../src/instance/strategy.ts';
import { linkComponent, type LinkedPre } from '../../src/linker/link.ts';
import type { LinkedInstance } from '../../src/linker/run/linked-instance.ts';
import { createSource } from '../../src/component/source.ts';
import { SharedQuota } from '../../src/util/shared-quota.ts';
import type { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { linkText, noCtx } from './poker.ts';

const PAGE_BYTES = 65_536;
const START_PAGES = 2;
const MAX_PAGES = 40;

/** What reads at `$at`, and gives what it found. */
const LOADS: Readonly<Record<string, string>> = {
  'i32.load8_u': '(i32.load8_u (local.get $at))',
  'i32.load': '(i32.load (local.get $at))',
  'i64.load': '(i32.wrap_i64 (i64.load (local.get $at)))',
  'f64.load': '(i32.wrap_i64 (i64.reinterpret_f64 (f64.load (local.get $at))))',
  'i64.load offset': '(i32.wrap_i64 (i64.load offset=70000 (local.get $at)))',
  'v128.load': '(i32x4.extract_lane 3 (v128.load (local.get $at)))',
  'v128.load32_splat': '(i32x4.extract_lane 1 (v128.load32_splat (local.get $at)))',
  'v128.load16_lane': '(i32x4.extract_lane 0 (v128.load16_lane 1 (local.get $at) (i32x4.splat (i32.const 0))))',
  'i32.atomic.load': '(i32.atomic.load (i32.and (local.get $at) (i32.const -4)))',
  'memory.atomic.notify': '(memory.atomic.notify (i32.and (local.get $at) (i32.const -4)) (i32.const 1))',
};

/** What writes at `$at`, or reads many bytes from there. */
const STORES: Readonly<Record<string, string>> = {
  'i32.store8': '(i32.store8 (local.get $at) (i32.const 171)) (i32.const 0)',
  'i64.store': '(i64.store (local.get $at) (i64.const -1)) (i32.const 0)',
  'i32.store offset': '(i32.store offset=70000 (local.get $at) (i32.const -1)) (i32.const 0)',
  'f64.store': '(f64.store (local.get $at) (f64.const 1.5)) (i32.const 0)',
  'v128.store': '(v128.store (local.get $at) (i32x4.splat (i32.const 9))) (i32.const 0)',
  'v128.store32_lane': '(v128.store32_lane 2 (local.get $at) (i32x4.splat (i32.const 9))) (i32.const 0)',
  'i64.atomic.store': '(i64.atomic.store (i32.and (local.get $at) (i32.const -8)) (i64.const 3)) (i32.const 0)',
  'i32.atomic.rmw.add': '(i32.atomic.rmw.add (i32.and (local.get $at) (i32.const -4)) (i32.const 3))',
  'i32.atomic.rmw.cmpxchg': `(i32.atomic.rmw.cmpxchg (i32.and (local.get $at) (i32.const -4)) (i32.const 77) (i32.const 3))`,
};

const BULK: Readonly<Record<string, string>> = {
  'memory.fill': '(memory.fill (local.get $at) (i32.const 1) (i32.const 5000)) (i32.const 0)',
  'memory.fill nothing': '(memory.fill (local.get $at) (i32.const 1) (i32.const 0)) (i32.const 0)',
  'memory.fill much':
    '(memory.fill (i32.and (local.get $at) (i32.const 0xffff)) (i32.const 1) (local.get $at)) (i32.const 0)',
  'memory.copy to': '(memory.copy (local.get $at) (i32.const 500) (i32.const 300)) (i32.const 0)',
  'memory.copy from': '(memory.copy (i32.const 500) (local.get $at) (i32.const 300)) (i32.load (i32.const 500))',
  'memory.copy much down': '(memory.copy (i32.const 9) (i32.const 77) (local.get $at)) (i32.const 0)',
  'memory.copy much up': '(memory.copy (i32.const 77) (i32.const 9) (local.get $at)) (i32.const 0)',
  'memory.init': '(memory.init $passive (local.get $at) (i32.const 1) (i32.const 6)) (i32.const 0)',
};

/** Two stores near each other, of which the second needs no mark if the first has one. */
const PAIRS: Readonly<Record<string, string>> = {
  'stores near each other': `(i32.store8 (local.get $at) (i32.const 1)) (i32.store8 offset=200 (local.get $at) (i32.const 2))
    (i32.const 0)`,
};

const SIZES: Readonly<Record<string, string>> = {
  'memory.size': '(memory.size)',
  'memory.grow': '(memory.grow (i32.and (local.get $at) (i32.const 7)))',
  'memory.grow far': '(memory.grow (i32.shr_u (local.get $at) (i32.const 14)))',
  'memory.grow too far': '(memory.grow (i32.const -1))',
};

const OPS = { ...LOADS, ...STORES, ...BULK, ...PAIRS, ...SIZES };
type Op = string;

const toName = (op: Op): string => op.replaceAll(/[._ ]/g, '-');

const functions = Object.entries(OPS)
  .map(([op, body]) => `(func (export "${toName(op)}") (param $at i32) (result i32) ${body})`)
  .join('\n');
const DATA = `(data (i32.const 4090) "across cards") (data (i32.const 131068) "last")`;

/** Whose memory it is that a module reads and writes. */
const KINDS = {
  'its own': `(module $main (memory $m ${START_PAGES} ${MAX_PAGES}) ${DATA} (data $passive "\\01\\02\\03\\04\\05\\06\\07\\08") ${functions})`,
  'its own, grown at its start': `(module $main (memory $m ${START_PAGES} ${MAX_PAGES}) ${DATA} (data $passive "\\01\\02\\03\\04\\05\\06\\07\\08")
    (func $start (drop (memory.grow (i32.const 2))) (i32.store offset=200000 (i32.const 0) (i32.const 5))) (start $start) ${functions})`,
  "another's": `(module $main (import "libc" "memory" (memory 1)) (data $passive "\\01\\02\\03\\04\\05\\06\\07\\08") ${functions})`,
} as const;
type Kind = keyof typeof KINDS;

const LIBC = `(module $libc (memory (export "memory") ${START_PAGES} ${MAX_PAGES}) ${DATA})`;

function toComponent(kind: Kind): string {
  const libc = kind === "another's" ? `(core ${LIBC.slice(1)} (core instance $libc (instantiate $libc))` : '';
  const given = kind === "another's" ? '(with "libc" (instance $libc))' : '';
  const ops = Object.keys(OPS).map(toName);
  return `(component ${libc} (core ${KINDS[kind].slice(1)} (core instance $i (instantiate $main ${given}))
    ${ops.map((name) => `(func $${name} (param "at" u32) (result u32) (canon lift (core func $i "${name}")))`).join('\n')}
    (instance $api ${ops.map((name) => `(export "${name}" (func $${name}))`).join('\n')})
    (export "test:sizes/guest" (instance $api)))`;
}

/** What a request does: until something traps. */
type Request = readonly { readonly op: Op; readonly at: number }[];
type Outcome = number | 'trap';

type Oracle = (request: Request) => Outcome[];

/** Plain V8, which has never heard of a rewriter. */
async function createOracle(kind: Kind): Promise<Oracle> {
  const [main, libc] = [await compile(KINDS[kind]), await compile(LIBC)];
  return (request) => {
    const imports = { libc: new WebAssembly.Instance(libc).exports };
    const { exports } = new WebAssembly.Instance(main, imports);
    const outcomes: Outcome[] = [];
    for (const { op, at } of request) {
      try {
        outcomes.push((exports[toName(op)] as (at: number) => number)(at) >>> 0);
      } catch (error) {
        expect(error).toBeInstanceOf(WebAssembly.RuntimeError);
        return [...outcomes, 'trap'];
      }
    }
    return outcomes;
  };
}

async function compile(text: string): Promise<WebAssembly.Module> {
  return new WebAssembly.Module((await parse(text)) as BufferSource);
}

const take = (strategy: InstanceStrategy): LinkedInstance<WasiCtx> => strategy.take(noCtx()) as LinkedInstance<WasiCtx>;

async function run(strategy: InstanceStrategy, request: Request): Promise<Outcome[]> {
  const instance = take(strategy);
  const outcomes: Outcome[] = [];
  for (const { op, at } of request) {
    try {
      outcomes.push((await instance.call(noCtx(), 'test:sizes/guest', toName(op), [at])) as number);
    } catch (error) {
      expect(error).toBeInstanceOf(WebAssembly.RuntimeError);
      strategy.giveBack(instance, 'tainted');
      return [...outcomes, 'trap'];
    }
  }
  strategy.giveBack(instance, 'reusable');
  return outcomes;
}

const open: InstanceStrategy[] = [];
afterEach(() => {
  for (const strategy of open.splice(0)) strategy[Symbol.dispose]();
});

function opened(strategy: InstanceStrategy): InstanceStrategy {
  open.push(strategy);
  return strategy;
}

/** Near the ends of memories of few pages, more often than not. */
const anyAddress = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: -300, max: 300 }))
      .map(([pages, distance]) => pages * PAGE_BYTES + distance),
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: MAX_PAGES * PAGE_BYTES + 5000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, MAX_PAGES * PAGE_BYTES - 4, MAX_PAGES * PAGE_BYTES, 2 ** 32 - 1) },
);
const step = fc.record({
  op: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('memory.grow', 'memory.size') },
    { weight: 4, arbitrary: fc.constantFrom(...Object.keys(OPS)) },
  ),
  at: anyAddress,
});
const requests = fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 8 });

const parameters = { numRuns: Number(process.env['FC_RUNS'] ?? 150) };

describe.each(Object.keys(KINDS) as Kind[])('requests that grow %s memory and look beyond its end', (kind) => {
  test('find in fresh instances what they find in plain V8', { timeout: 120_000 }, async () => {
    const pre = await linkText(toComponent(kind), []);
    const oracle = await createOracle(kind);
    await fc.assert(
      fc.asyncProperty(requests, async (all) => {
        using strategy = createRecyclingStrategy(pre);
        for (const request of all) expect(await run(strategy, request)).toEqual(oracle(request));
      }),
      parameters,
    );
  });

  test.each([
    ['kept', createResetStrategy],
    ['restarted', createRestartStrategy],
  ])('find in a %s instance what they find in the first of all', { timeout: 120_000 }, async (_how, create) => {
    const pre = await linkText(toComponent(kind), []);
    const oracle = await createOracle(kind);
    await fc.assert(
      fc.asyncProperty(requests, async (all) => {
        using strategy = create(pre);
        for (const request of all) {
          using first = create(pre);
          const found = await run(strategy, request);
          expect(found).toEqual(await run(first, request));
          expectNearly(found, request, oracle);
        }
      }),
      parameters,
    );
  });
});

/** The same but for what would trap: a load beyond the end, a store across it, and one that needs no mark for one nearby. */
function expectNearly(found: readonly Outcome[], request: Request, oracle: Oracle): void {
  const expected = oracle(request);
  const at = expected.indexOf('trap');
  if (at === -1) {
    expect(found).toEqual(expected);
    return;
  }
  expect(found.slice(0, at)).toEqual(expected.slice(0, at));
  const { op = '', at: address = 0 } = request[at] ?? {};
  if (found[at] === 'trap' || op in LOADS || op in PAIRS) return;
  expect(Object.keys(STORES), 'a store that begins in bounds').toContain(op);
  const pages = Number(oracle([...request.slice(0, at), { op: 'memory.size', at: 0 }]).at(-1));
  expect(address + (op.endsWith('offset') ? 70_000 : 0)).toBeLessThan(pages * PAGE_BYTES);
}

const PLAIN = await linkText(toComponent('its own'), []);

describe.each(Object.keys(STORES))('%s', (op) => {
  test.each([START_PAGES, START_PAGES + 1, 20, MAX_PAGES - 2])('traps that begins at page %i', async (page) => {
    const strategy = opened(createResetStrategy(PLAIN));
    await run(strategy, [{ op: 'memory.grow far', at: 30 << 14 }]);
    expect(await run(strategy, [{ op, at: page * PAGE_BYTES }])).toEqual(['trap']);
  });
});

test.each(Object.keys(LOADS))(
  '%s finds zero beyond the end of a kept instance, as in its first request',
  async (op) => {
    const strategy = opened(createResetStrategy(PLAIN));
    const probe = [{ op, at: 10 * PAGE_BYTES }];
    expect(await run(strategy, probe)).toEqual([0]);
    await run(strategy, [
      { op: 'memory.grow far', at: 20 << 14 },
      { op: 'memory.fill much', at: 20 * PAGE_BYTES },
    ]);
    expect(await run(strategy, probe)).toEqual([0]);
  },
);

const grow = (pages: number): Request => [{ op: 'memory.grow far', at: pages << 14 }];

describe('an instance whose memory has grown', () => {
  test('as far as there was room is kept', async () => {
    const pre = await linkText(toComponent('its own').replace(` ${MAX_PAGES})`, ')'), []);
    const strategy = opened(createResetStrategy(pre));
    expect(await run(strategy, grow(ROOM_PAGES))).toEqual([START_PAGES]);
    expect(strategy.kept.size).toBe(1);
  });

  test('further is not', async () => {
    const pre = await linkText(toComponent('its own').replace(` ${MAX_PAGES})`, ')'), []);
    const strategy = opened(createResetStrategy(pre));
    expect(await run(strategy, grow(ROOM_PAGES + 1))).toEqual([START_PAGES]);
    expect(strategy.kept.size).toBe(0);
    expect(await run(strategy, [{ op: 'i32.load', at: (START_PAGES + ROOM_PAGES) * PAGE_BYTES }])).toEqual(['trap']);
  });

  test('at all is not used again by fresh', async () => {
    const strategy = opened(createRecyclingStrategy(PLAIN));
    await run(strategy, grow(0));
    expect(strategy.kept.size).toBe(1);
    await run(strategy, grow(1));
    expect(strategy.kept.size).toBe(0);
  });

  test('is charged for what its guests were given, and for no room', async () => {
    const memory = new SharedQuota(1000 * PAGE_BYTES);
    const strategy = opened(createResetStrategy(await linkWith(memory)));
    await run(strategy, [{ op: 'memory.size', at: 0 }]);
    expect([memory.sum, strategy.kept.byteLength]).toEqual([2 * PAGE_BYTES, 2 * PAGE_BYTES]);
    await run(strategy, [...grow(3), ...grow(5)]);
    await run(strategy, grow(1));
    expect([memory.sum, strategy.kept.byteLength]).toEqual([10 * PAGE_BYTES, 10 * PAGE_BYTES]);
  });

  test('is refused pages by the total, and finds later what it found at first', async () => {
    const memory = new SharedQuota(12 * PAGE_BYTES);
    const strategy = opened(createResetStrategy(await linkWith(memory)));
    const request = [...grow(11), { op: 'memory.size', at: 0 }, ...grow(4), { op: 'i32.load', at: 8 * PAGE_BYTES }];
    const found = [0xffff_ffff, 2, 2, 0];
    for (let round = 0; round < 3; round += 1) expect(await run(strategy, request)).toEqual(found);
    expect(memory.sum).toBe(6 * PAGE_BYTES);
  });

  test('and that is cancelled serves no other', async () => {
    const strategy = opened(createResetStrategy(PLAIN));
    const ctx = noCtx();
    const lease = new Lease(strategy, strategy.take(ctx), ctx);
    lease.begin();
    await lease.instance.call(ctx, 'test:sizes/guest', toName('memory.grow far'), [20 << 14]);
    ctx.cancellation.cancel('client-left');
    lease.end();
    lease[Symbol.dispose]();
    expect(strategy.kept.size).toBe(0);
  });
});

async function linkWith(memory: SharedQuota): Promise<LinkedPre<WasiCtx>> {
  return await linkComponent(createSource('a test', await parse(toComponent('its own'))), [], { memory });
}

describe('a memory that another module imports as its second', () => {
  /** `two` grows the memory of `one`, by an index of which nothing is tracked. */
  const SECOND = `(component
    (core module $one (memory (export "memory") 2 10)
      (func (export "size") (result i32) (memory.size)) (func (export "grow") (result i32) (memory.grow (i32.const 1)))
      (func (export "store") (param i32) (i32.store8 (local.get 0) (i32.const 1))))
    (core instance $one (instantiate $one))
    (core module $two (import "one" "memory" (memory $other 1)) (import "same" "memory" (memory $m 1))
      (func (export "size") (result i32) (memory.size $m)) (func (export "grow") (result i32) (memory.grow $m (i32.const 3))))
    (core instance $two (instantiate $two (with "one" (instance $one)) (with "same" (instance $one))))
    (func $one-size (result u32) (canon lift (core func $one "size")))
    (func $one-grow (result u32) (canon lift (core func $one "grow")))
    (func $store (param "at" u32) (canon lift (core func $one "store")))
    (func $two-size (result u32) (canon lift (core func $two "size")))
    (func $two-grow (result u32) (canon lift (core func $two "grow")))
    (instance $api (export "one-size" (func $one-size)) (export "one-grow" (func $one-grow)) (export "store" (func $store))
      (export "two-size" (func $two-size)) (export "two-grow" (func $two-grow)))
    (export "test:sizes/guest" (instance $api)))`;

  test('has one size for both', async () => {
    const strategy = opened(createRecyclingStrategy(await linkText(SECOND, [])));
    for (let round = 0; round < 2; round += 1) {
      const instance = take(strategy);
      const call = (func: string, ...args: number[]): Promise<unknown> =>
        instance.call(noCtx(), 'test:sizes/guest', func, args);
      expect([await call('one-size'), await call('two-size')]).toEqual([2, 2]);
      expect([await call('two-grow'), await call('one-size'), await call('two-size')]).toEqual([2, 5, 5]);
      await call('store', 5 * PAGE_BYTES - 1);
      expect([await call('one-grow'), await call('one-size'), await call('two-size')]).toEqual([5, 6, 6]);
      await call('store', 6 * PAGE_BYTES - 1);
      await expect(call('store', 6 * PAGE_BYTES)).rejects.toThrow(WebAssembly.RuntimeError);
      strategy.giveBack(instance, 'tainted');
    }
  });
});
