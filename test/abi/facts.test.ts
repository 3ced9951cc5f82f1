import { describe, expect, test } from 'vitest';
import { type FlatFuncType, flattenFunctype } from '../../src/abi/flatten.ts';
import { alignment, discriminantSize, elemSize } from '../../src/abi/layout.ts';
import { encodeFloatAsI32, encodeFloatAsI64 } from '../../src/abi/numbers.ts';
import { toKey } from '../../src/abi/shape.ts';
import type { FuncType, ValType } from '../../src/abi/types.ts';
import {
  bool,
  char,
  createGuest,
  type Encoding,
  ENCODINGS,
  f32,
  f64,
  flags,
  func,
  liftParams,
  list,
  lowerParams,
  option,
  record,
  result,
  string,
  tuple,
  TWINS,
  u16,
  u32,
  u64,
  u8,
  variant,
} from './guest.ts';

// The facts of component-model `run_tests.py`, and some more.

const numbered = (n: number): string[] => Array.from({ length: n }, (_, i) => `f${i}`);
const allFlags = (n: number, v: boolean): Record<string, boolean> =>
  Object.fromEntries(numbered(n).map((label) => [label, v]));
const bits = (f: number): number => new Uint32Array(Float32Array.of(f).buffer)[0] ?? 0;
const xy = variant({ x: u8, y: f32, z: undefined });

/** [type, flat values, what they are lifted to]. */
const FLAT: readonly [ValType, (number | bigint)[], unknown][] = [
  [record({ x: u8, y: u16, z: u32 }), [1, 2, 3], { x: 1, y: 2, z: 3 }],
  [tuple(tuple(u8, u8), u8), [1, 2, 3], [[1, 2], 3]],
  [list(u8, 3), [1, 2, 3], Uint8Array.of(1, 2, 3)],
  [
    list(list(u16, 2), 3),
    [1, 2, 3, 4, 5, 6],
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ],
  [flags('a', 'b-c'), [0], { a: false, bC: false }],
  [flags('a', 'b-c'), [2], { a: false, bC: true }],
  [flags('a', 'b-c'), [3], { a: true, bC: true }],
  [flags('a', 'b-c'), [4], { a: false, bC: false }],
  [flags(...numbered(32)), [0xffffffff], allFlags(32, true)],
  [xy, [0, 42], { tag: 'x', val: 42 }],
  [xy, [0, 256], { tag: 'x', val: 0 }],
  [xy, [1, 0x4048f5c3], { tag: 'y', val: Math.fround(3.14) }],
  [xy, [2, 0xffffffff], { tag: 'z', val: undefined }],
  [variant({ a: u64, b: f64, c: u32, d: f32 }), [0, -1n], { tag: 'a', val: 2n ** 64n - 1n }],
  [variant({ a: u64, b: f64, c: u32, d: f32 }), [1, 0x3ff8000000000000n], { tag: 'b', val: 1.5 }],
  [variant({ a: u64, b: f64, c: u32, d: f32 }), [2, 0x7_ffff_ffffn], { tag: 'c', val: 0xffffffff }],
  [variant({ a: u64, b: f64, c: u32, d: f32 }), [3, 0x7_3fc0_0000n], { tag: 'd', val: 1.5 }],
  [option(f32), [0, 3.14], undefined],
  [option(f32), [1, 1.5], 1.5],
  [option(option(u8)), [0, 0, 0], { tag: 'none', val: undefined }],
  [option(option(u8)), [1, 0, 0], { tag: 'some', val: undefined }],
  [option(option(u8)), [1, 1, 7], { tag: 'some', val: 7 }],
  [option(option(option(u8))), [1, 1, 1, 7], { tag: 'some', val: { tag: 'some', val: 7 } }],
  [result(u8, u32), [0, 42], { tag: 'ok', val: 42 }],
  [result(u8, u32), [1, 1000], { tag: 'err', val: 1000 }],
  [result(), [0], { tag: 'ok', val: undefined }],
  [result(undefined, u8), [0, 9], { tag: 'ok', val: undefined }],
  [{ kind: 'enum', labels: ['a', 'B-c'] }, [0], 'a'],
  [{ kind: 'enum', labels: ['a', 'B-c'] }, [1], 'B-c'],
  ...[0, 1, 2, 4294967295].map((i): [ValType, number[], unknown] => [bool, [i], i !== 0]),
  ...pairs('u8', [
    [127, 127],
    [128, 128],
    [255, 255],
    [256, 0],
    [-1, 255],
    [4294967168, 128],
    [4294967167, 127],
  ]),
  ...pairs('s8', [
    [127, 127],
    [128, -128],
    [255, -1],
    [256, 0],
    [-1, -1],
    [4294967168, -128],
    [4294967167, 127],
  ]),
  ...pairs('u16', [
    [32767, 32767],
    [32768, 32768],
    [65535, 65535],
    [65536, 0],
    [-1, 65535],
    [-32768, 32768],
    [-32769, 32767],
  ]),
  ...pairs('s16', [
    [32767, 32767],
    [32768, -32768],
    [65535, -1],
    [65536, 0],
    [-1, -1],
    [-32768, -32768],
    [-32769, 32767],
  ]),
  ...pairs('u32', [
    [2 ** 31 - 1, 2 ** 31 - 1],
    [-(2 ** 31), 2 ** 31],
    [-1, 2 ** 32 - 1],
  ]),
  ...pairs('s32', [
    [2 ** 31 - 1, 2 ** 31 - 1],
    [2 ** 31, -(2 ** 31)],
    [-1, -1],
  ]),
  [u64, [2n ** 63n - 1n], 2n ** 63n - 1n],
  [u64, [-(2n ** 63n)], 2n ** 63n],
  [u64, [-1n], 2n ** 64n - 1n],
  [{ kind: 's64' }, [2n ** 63n], -(2n ** 63n)],
  [{ kind: 's64' }, [-1n], -1n],
  [f64, [3.14], 3.14],
  [char, [0], '\0'],
  [char, [65], 'A'],
  [char, [0xd7ff], '\uD7FF'],
  [char, [0xe000], '\uE000'],
  [char, [0x10ffff], '\u{10FFFF}'],
];

function pairs(
  kind: 'u8' | 's8' | 'u16' | 's16' | 'u32' | 's32',
  table: [number, number][],
): [ValType, number[], unknown][] {
  return table.map(([flat, value]) => [{ kind }, [flat], value]);
}

const TRAPS: readonly [ValType, (number | bigint)[], RegExp][] = [
  [char, [0xd800], /55296 is not a Unicode scalar value/],
  [char, [0xdfff], /scalar/],
  [char, [0x110000], /scalar/],
  [char, [-1], /4294967295 is not a Unicode scalar value/],
  [{ kind: 'enum', labels: ['a', 'b'] }, [2], /invalid discriminant 2: there are 2 cases/],
  [{ kind: 'enum', labels: ['a', 'b'] }, [-1], /discriminant 4294967295/],
  [xy, [3, 0], /invalid discriminant 3: there are 3 cases/],
  [option(u8), [2, 0], /discriminant 2/],
  [string, [0, 65537], /out of bounds: 65537 bytes at 0 in a memory of 65536 bytes/],
  [string, [65536, 1], /out of bounds/],
  [string, [-1, 1], /1 bytes at 4294967295/],
  [string, [0, -1], /too long/],
  [list(u8), [-1, -1], /too long/],
  [list(u64), [0, 0x2000_0000], /a list of 4294967296 bytes is too long/],
  [list(u64), [0, -1], /too long/],
  [list(u32), [2, 1], /pointer 2 is not a multiple of 4/],
  [list(u32), [2, 0], /pointer 2 is not a multiple of 4/],
  [list(u8), [65537, 0], /out of bounds/],
];

describe.each(TWINS)('$twin', (twin) => {
  test.each(FLAT)('%o of %o is %o', (t, flats, value) => {
    expect(liftParams(twin, createGuest(), [t], flats)).toEqual([value]);
  });

  test.each(TRAPS)('%o of %o traps', (t, flats, message) => {
    const guest = createGuest({ byteLength: 65536 });
    expect(() => liftParams(twin, guest, [t], flats)).toThrow(
      expect.objectContaining({ name: 'Trap', message: expect.stringMatching(message) }),
    );
  });

  const FUN = [
    '',
    'a',
    'hi',
    '\0',
    'a\0b',
    '\x80',
    '\x80b',
    'ab\xefc',
    '\u01ffy',
    'xy\u01ff',
    'a\ud7ffb',
    'a\u02ff\u03ff\u04ffbc',
    '\uf123',
    '\uf123\uf123abc',
    'abcdef\uf123',
    '\u{1F600}',
    '\uFFFD',
    '\uFEFFa',
  ];
  const crossed = ENCODINGS.flatMap((from) => ENCODINGS.flatMap((to) => FUN.map((text) => ({ from, to, text }))));

  test.each(crossed)('$text goes from $from to $to and back', ({ from, to, text }) => {
    for (const { bytes, units } of encodings(from, text)) {
      const lifted = liftParams(twin, createGuest({ encoding: from, bytes }), [string], [0, units]);
      expect(lifted).toEqual([text]);
      const target = createGuest({ encoding: to, byteLength: 64 });
      expect(liftParams(twin, target, [string], lowerParams(twin, target, [string], lifted))).toEqual([text]);
    }
  });

  const BAD: readonly [Encoding, number[], number, number][] = [
    ['utf8', [0xff], 0, 1],
    ['utf8', [0xc0, 0x80], 0, 2],
    ['utf8', [0xed, 0xa0, 0x80], 0, 3],
    ['utf8', [0xf4, 0x90, 0x80, 0x80], 0, 4],
    ['utf8', [0x61, 0xc3], 0, 2],
    ['utf8', [0xef, 0xbf, 0xbd, 0x80], 0, 4],
    ['utf8', [...Array.from({ length: 60 }, () => 0x61), 0xe2, 0x82], 0, 62],
    ['utf16', [0x00, 0xd8], 0, 1],
    ['utf16', [0x00, 0xdc, 0x00, 0xd8], 0, 2],
    ['utf16', [0, 0x61, 0], 1, 1],
    ['latin1+utf16', [0, 0x61, 0], 1, 1],
    ['latin1+utf16', [0x00, 0xd8], 0, -0x7fff_ffff],
    ['latin1+utf16', [0, 0, 0x61, 0], 3, -0x7fff_ffff],
  ];

  test.each(BAD)('%s does not take %j', (encoding, bytes, ptr, units) => {
    const guest = createGuest({ encoding, bytes });
    expect(() => liftParams(twin, guest, [string], [ptr, units])).toThrow(expect.objectContaining({ name: 'Trap' }));
  });

  const HEAP: readonly [ValType, unknown, number[], number[]][] = [
    [list(bool), [true, false, true], [0, 3], [1, 0, 2]],
    [list(bool), [true, false, true], [3, 3], [0xff, 0xff, 0xff, 1, 0, 1]],
    [list(u8), Uint8Array.of(1, 2, 3), [0, 3], [1, 2, 3]],
    [list(u16), [1, 2, 3], [0, 3], [1, 0, 2, 0, 3, 0]],
    [list(u32), [1, 2], [0, 2], [1, 0, 0, 0, 2, 0, 0, 0]],
    [list(u64), [1n, 2n], [0, 2], [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]],
    [list({ kind: 's8' }), [-1, -2, -3], [0, 3], [0xff, 0xfe, 0xfd]],
    [list({ kind: 's16' }), [-1, -2], [0, 2], [0xff, 0xff, 0xfe, 0xff]],
    [list({ kind: 's32' }), [-1], [0, 1], [0xff, 0xff, 0xff, 0xff]],
    [list({ kind: 's64' }), [-2n], [0, 1], [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    [list(char), ['A', 'c'], [0, 2], [65, 0, 0, 0, 99, 0, 0, 0]],
    [
      list(string),
      ['hi', 'wat'],
      [0, 2],
      [16, 0, 0, 0, 2, 0, 0, 0, 21, 0, 0, 0, 3, 0, 0, 0, 104, 105, 0xf, 0xf, 0xf, 119, 97, 116],
    ],
    [
      list(list(u8)),
      [Uint8Array.of(3, 4, 5), Uint8Array.of(), Uint8Array.of(6, 7)],
      [0, 3],
      [24, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 27, 0, 0, 0, 2, 0, 0, 0, 3, 4, 5, 6, 7],
    ],
    [list(list(u16)), [[5, 6]], [0, 1], [8, 0, 0, 0, 2, 0, 0, 0, 5, 0, 6, 0]],
    [list(list(u8, 2)), [Uint8Array.of(1, 2), Uint8Array.of(3, 4)], [0, 2], [1, 2, 3, 4]],
    [
      list(list(u32, 2)),
      [
        [1, 2],
        [3, 4],
      ],
      [0, 2],
      [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0],
    ],
    [
      list(tuple(u8, u8, u16, u32)),
      [
        [6, 7, 8, 9],
        [4, 5, 6, 7],
      ],
      [0, 2],
      [6, 7, 8, 0, 9, 0, 0, 0, 4, 5, 6, 0, 7, 0, 0, 0],
    ],
    [list(tuple(u8, u16, u8, u32)), [[6, 7, 8, 9]], [0, 1], [6, 0xff, 7, 0, 8, 0xff, 0xff, 0xff, 9, 0, 0, 0]],
    [
      list(tuple(u16, u8)),
      [
        [6, 7],
        [8, 9],
      ],
      [0, 2],
      [6, 0, 7, 0xff, 8, 0, 9, 0xff],
    ],
    [
      list(tuple(tuple(u16, u8), u8)),
      [
        [[4, 5], 6],
        [[7, 8], 9],
      ],
      [0, 2],
      [4, 0, 5, 0xff, 6, 0xff, 7, 0, 8, 0xff, 9, 0xff],
    ],
    [list(flags(...numbered(9))), [allFlags(9, true), allFlags(9, false)], [0, 2], [0xff, 0x3, 0, 0]],
    [list(flags(...numbered(17))), [allFlags(17, true), allFlags(17, false)], [0, 2], [0xff, 0xff, 0x3, 0, 0, 0, 0, 0]],
    [list(flags(...numbered(32))), [allFlags(32, true)], [0, 1], [0xff, 0xff, 0xff, 0xff]],
  ];

  test.each(HEAP)('%o is %o', (t, value, flats, bytes) => {
    expect(liftParams(twin, createGuest({ bytes }), [t], flats)).toEqual([value]);
    const target = createGuest({ byteLength: 64 });
    expect(liftParams(twin, target, [t], lowerParams(twin, target, [t], [value]))).toEqual([value]);
  });

  test.each([
    [list(u16), [1, 3], [0, 1, 0, 2, 0, 3, 0]],
    [list(list(u16)), [0, 1], [9, 0, 0, 0, 2, 0, 0, 0, 0, 5, 0, 6, 0]],
    [list(list(u32, 2)), [1, 2], [0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0]],
  ])('%j at %j is misaligned', (t, flats, bytes) => {
    expect(() => liftParams(twin, createGuest({ bytes }), [t], flats)).toThrow(/not a multiple/);
  });

  test.each([0x7fc00000, 0x7fc00001, 0x7fe00000, 0x7fffffff, 0xffffffff, 0x7f800001, 0xffc00000])(
    'the NaN %i comes out as the canonical one',
    (nan) => {
      const bytes = new Uint8Array(Uint32Array.of(nan).buffer);
      const [[f] = []] = liftParams(twin, createGuest({ bytes }), [list(f32)], [0, 1]) as number[][];
      const guest = createGuest({ byteLength: 64 });
      const [ptr] = lowerParams(twin, guest, [list(tuple(f32, f64))], [[[f, -(f ?? 0)]]]);
      expect(new DataView(guest.memory.buffer).getUint32(Number(ptr), true)).toBe(0x7fc00000);
      expect(new DataView(guest.memory.buffer).getBigUint64(Number(ptr) + 8, true)).toBe(0x7ff8000000000000n);
      expect(lowerParams(twin, guest, [xy], [{ tag: 'y', val: f }])).toEqual([1, 0x7fc00000]);
    },
  );
});

/** The ways in which a guest can pass `text`. */
function encodings(encoding: Encoding, text: string): { bytes: Uint8Array; units: number }[] {
  const utf8 = Buffer.from(text, 'utf8');
  const utf16 = Buffer.from(text, 'utf16le');
  if (encoding === 'utf8') return [{ bytes: utf8, units: utf8.length }];
  if (encoding === 'utf16') return [{ bytes: utf16, units: text.length }];
  const tagged = { bytes: utf16, units: (text.length | 0x8000_0000) >> 0 };
  return /^[\0-\xff]*$/.test(text) ? [{ bytes: Buffer.from(text, 'latin1'), units: text.length }, tagged] : [tagged];
}

test.each([
  [0x7f800000, Infinity],
  [0x3fc00000, 1.5],
  [0x7fc00000, NaN],
])('%i are the bits of %f', (expected, f) => {
  const { inst } = createGuest().cx;
  expect(encodeFloatAsI32(inst, f)).toBe(expected);
  expect(bits(f)).toBe(expected);
  expect(encodeFloatAsI64(inst, f)).toBe(new BigInt64Array(Float64Array.of(f).buffer)[0]);
});

const many = (n: number): ValType[] => Array.from({ length: n }, () => u8);

const show = ({ params, results }: FlatFuncType): string => [...params, '->', ...results].join(' ');

describe('flattening', () => {
  // 'params -> results' of the lifted core function, then of the lowered one if it differs.
  test.each<[FuncType, string, string?]>([
    [func([u8, f32, f64]), 'i32 f32 f64 ->'],
    [func([u8, f32, f64], f32), 'i32 f32 f64 -> f32'],
    [func([u64], tuple(f32)), 'i64 -> f32'],
    [func([u8], tuple(f32, f32)), 'i32 -> i32', 'i32 i32 ->'],
    [func([], string), '-> i32', 'i32 ->'],
    [func(many(16)), `${'i32 '.repeat(16)}->`],
    [func(many(17)), 'i32 ->'],
    [func(many(17), tuple(u8, u8)), 'i32 -> i32', 'i32 i32 ->'],
    [func([list(u8, 2 ** 32 - 1)]), 'i32 ->'],
    [func([variant({ a: u64, b: f32 })]), 'i32 i64 ->'],
    [func([variant({ a: u32, b: f32 })]), 'i32 i32 ->'],
    [func([variant({ a: f64, b: f32 })]), 'i32 i64 ->'],
    [func([variant({ a: f32, b: undefined })]), 'i32 f32 ->'],
    [func([variant({ a: tuple(u8, f64), b: tuple(f32, u64, f32) })]), 'i32 i32 i64 f32 ->'],
  ])('%o is %s', (type, lifted, lowered = lifted) => {
    expect(show(flattenFunctype(type, 'lift'))).toBe(lifted);
    expect(show(flattenFunctype(type, 'lower'))).toBe(lowered);
  });
});

describe('layout', () => {
  test.each<[ValType, number, number]>([
    [tuple(u8, u16, u8, u32), 12, 4],
    [tuple(u8, u64), 16, 8],
    [option(u8), 2, 1],
    [option(u64), 16, 8],
    [result(undefined, undefined), 1, 1],
    [variant({ a: tuple(u8, u8, u8), b: u16 }), 6, 2],
    [flags('a'), 1, 1],
    [flags(...numbered(9)), 2, 2],
    [flags(...numbered(17)), 4, 4],
    [string, 8, 4],
    [list(u64), 8, 4],
    [list(u64, 3), 24, 8],
    [{ kind: 'enum', labels: numbered(256) }, 1, 1],
    [{ kind: 'enum', labels: numbered(257) }, 2, 2],
  ])('%o takes %i bytes at multiples of %i', (t, size, align) => {
    expect(elemSize(t)).toBe(size);
    expect(alignment(t)).toBe(align);
  });

  test('a discriminant of more than 65,536 cases takes four bytes', () => {
    expect(discriminantSize(numbered(65_536).map((label) => ({ label, type: undefined })))).toBe(2);
    expect(discriminantSize(numbered(65_537).map((label) => ({ label, type: undefined })))).toBe(4);
  });
});

test.each([
  ['status-code', 'statusCode'],
  ['TLS-alert-ID', 'tlsAlertId'],
  ['x', 'x'],
  ['a1-2b', 'a12b'],
])('the key of %s is %s', (label, key) => expect(toKey(label)).toBe(key));
