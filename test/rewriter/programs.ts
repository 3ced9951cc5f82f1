import * as fc from 'fast-check';

/** Stores whose value is an i32, i64, f32 or f64. */
const SCALAR_STORES = {
  'i32.store': 'i32',
  'i32.store8': 'i32',
  'i32.store16': 'i32',
  'i64.store': 'i64',
  'i64.store8': 'i64',
  'i64.store16': 'i64',
  'i64.store32': 'i64',
  'f32.store': 'f32',
  'f64.store': 'f64',
} as const;

const LOCALS = ['$a', '$b', '$c'];

const local = fc.constantFrom(...LOCALS);
/** Near the borders of the pages of cards, more often than not. */
const nearBorder = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -300, max: 300 }))
  .map(([card, distance]) => Math.max(0, card * 4096 + distance));
const offset = fc.oneof(
  fc.integer({ min: 0, max: 24 }),
  fc.integer({ min: 0, max: 600 }),
  fc.constantFrom(4090, 4096, 65_536, 4_294_967_295),
);
const delta = fc.oneof(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -600, max: 600 }));

/** An i32 that may serve as an address. */
const address = fc.oneof(
  { weight: 6, arbitrary: local.map((name) => `(local.get ${name})`) },
  {
    weight: 3,
    arbitrary: fc.tuple(local, delta).map(([name, by]) => `(i32.add (local.get ${name}) (i32.const ${by}))`),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(local, delta).map(([name, by]) => `(i32.sub (local.get ${name}) (i32.const ${by}))`),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(local, delta).map(([name, by]) => `(i32.add (i32.const ${by}) (local.get ${name}))`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(local, local, delta)
      .map(([to, from, by]) => `(local.tee ${to} (i32.add (local.get ${from}) (i32.const ${by})))`),
  },
  { weight: 2, arbitrary: nearBorder.map((at) => `(i32.const ${at})`) },
  { weight: 1, arbitrary: local.map((name) => `(i32.load16_u (local.get ${name}))`) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(local, local)
      .map(
        ([one, other]) =>
          `(if (result i32) (i32.and (local.get ${one}) (i32.const 64)) (then (local.get ${one})) (else (local.get ${other})))`,
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(local, nearBorder)
      .map(([name, at]) => `(block (result i32) (local.get ${name}) (local.set ${name} (i32.const ${at})))`),
  },
);

const value = fc.oneof(
  fc.integer({ min: 1, max: 0x7fff_ffff }).map((number) => `(i32.const ${number})`),
  fc.tuple(local, delta).map(([name, by]) => `(i32.add (local.get ${name}) (i32.const ${by}))`),
  // Calls and assignments between an address and its store.
  fc.tuple(local, nearBorder).map(([name, at]) => `(local.tee ${name} (i32.const ${at}))`),
  local.map((name) => `(call $scribble (local.get ${name}))`),
);

const convert: Record<string, (text: string) => string> = {
  i32: (text) => text,
  i64: (text) => `(i64.extend_i32_u ${text})`,
  f32: (text) => `(f32.convert_i32_u ${text})`,
  f64: (text) => `(f64.convert_i32_u ${text})`,
};

const scalarStore = fc
  .tuple(fc.constantFrom(...Object.entries(SCALAR_STORES)), offset, address, value)
  .map(([[op, type], at, to, what]) => `(${op} offset=${at} ${to} ${convert[type]?.(what)})`);

const vectorStore = fc
  .tuple(
    fc.constantFrom(
      'v128.store',
      'v128.store8_lane 3',
      'v128.store16_lane 2',
      'v128.store32_lane 1',
      'v128.store64_lane 1',
    ),
    offset,
    address,
    value,
  )
  .map(([op, at, to, what]) => {
    const [name, lane = ''] = op.split(' ');
    return `(${name} offset=${at} ${lane} ${to} (i32x4.splat ${what}))`;
  });

const atomic = fc
  .tuple(
    fc.constantFrom('i32.atomic.rmw.add', 'i32.atomic.rmw8.xchg_u', 'i32.atomic.rmw16.or_u', 'i32.atomic.store'),
    fc.constantFrom(0, 4, 256),
    address,
    value,
  )
  .map(([op, at, to, what]) => {
    const text = `(${op} offset=${at} (i32.and ${to} (i32.const -4)) ${what})`;
    return op.endsWith('store') ? text : `(call $note ${text})`;
  });

const length = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 9000 }));

const bulk = fc.oneof(
  fc.tuple(address, length).map(([to, count]) => `(memory.fill ${to} (i32.const 171) (i32.const ${count}))`),
  fc.tuple(address, address, length).map(([to, from, count]) => `(memory.copy ${to} ${from} (i32.const ${count}))`),
  fc
    .tuple(address, fc.integer({ min: 0, max: 8 }))
    .map(([to, count]) => `(memory.init $passive ${to} (i32.const 0) (i32.const ${count}))`),
);

const growth = fc.oneof(
  fc.integer({ min: 0, max: 3 }).map((pages) => `(call $note (memory.grow (i32.const ${pages})))`),
  fc.constantFrom(-1, 70_000).map((pages) => `(call $note (memory.grow (i32.const ${pages})))`),
  fc.constant('(call $note (memory.size))'),
);

const assignment = fc.oneof(
  fc.tuple(local, address).map(([name, what]) => `(local.set ${name} ${what})`),
  fc
    .tuple(local, local, delta)
    .map(([to, from, by]) => `(local.set ${to} (i32.add (local.get ${from}) (i32.const ${by})))`),
);

const { statement } = fc.letrec<{ statement: string; statements: string }>((tie) => ({
  statement: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 8, arbitrary: scalarStore },
    { weight: 2, arbitrary: vectorStore },
    { weight: 1, arbitrary: atomic },
    { weight: 2, arbitrary: bulk },
    { weight: 1, arbitrary: growth },
    { weight: 5, arbitrary: assignment },
    {
      weight: 1,
      arbitrary: fc
        .tuple(local, tie('statements'), tie('statements'))
        .map(([name, one, other]) => `(if (i32.and (local.get ${name}) (i32.const 8)) (then ${one}) (else ${other}))`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(local, tie('statements'), tie('statements'))
        .map(([name, one, other]) => `(block ${one} (br_if 0 (i32.and (local.get ${name}) (i32.const 16))) ${other})`),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(tie('statements'), tie('statements')).map(([one, other]) => `(block ${one} (br 0) ${other})`),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.integer({ min: 2, max: 5 }), tie('statements'))
        .map(
          ([times, body]) =>
            `(local.set $n (i32.const 0)) (loop ${body} (br_if 0 (i32.and (call $mayRepeat) (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const ${times})))))`,
        ),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(local, tie('statements'), tie('statements'))
        .map(
          ([name, one, other]) =>
            `(block $caught (try_table (catch $tag $caught) ${one} (if (i32.and (local.get ${name}) (i32.const 4)) (then (throw $tag))) ${other}))`,
        ),
    },
  ),
  statements: fc.array(tie('statement'), { maxLength: 5 }).map((list) => list.join('\n')),
}));

/** A module that reads, writes and grows its memory by random instructions, and what to call `run` with. */
export const program: fc.Arbitrary<{ wat: string; args: [number, number, number] }> = fc.record({
  wat: fc.array(statement, { minLength: 1, maxLength: 12 }).map(
    (statements) => `(module
      (memory 2 8)
      (tag $tag)
      (global $noted (mut i32) (i32.const 0))
      (global $budget (mut i32) (i32.const 400))
      (data (i32.const 4090) "straddles two cards")
      (data $passive "\\01\\02\\03\\04\\05\\06\\07\\08")
      (func $note (param i32)
        (global.set $noted (i32.add (i32.mul (global.get $noted) (i32.const 31)) (local.get 0))))
      (func $mayRepeat (result i32)
        (global.set $budget (i32.sub (global.get $budget) (i32.const 1)))
        (i32.gt_s (global.get $budget) (i32.const 0)))
      (func $scribble (param i32) (result i32)
        (i32.store offset=8 (i32.and (local.get 0) (i32.const 0xffff)) (local.get 0))
        (i32.load16_u (i32.and (local.get 0) (i32.const 0xffff))))
      (func (export "run") (param $a i32) (param $b i32) (param $c i32) (result i32 i32 i32 i32) (local $n i32)
        ${statements.join('\n')}
        (local.get $a) (local.get $b) (local.get $c) (global.get $noted)))`,
  ),
  args: fc.tuple(nearBorder, nearBorder, nearBorder),
});
