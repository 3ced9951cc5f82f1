import { expect, test } from 'vitest';
import { CARD_BYTES, SLACK } from '../../src/rewriter/layout.ts';
import { Tracked, assemble, outcome } from './tracked.ts';

const STORES: readonly (readonly [store: string, value: string, byteLength: number])[] = [
  ['i32.store', '(i32.const -1)', 4],
  ['i32.store8', '(i32.const -1)', 1],
  ['i32.store16', '(i32.const -1)', 2],
  ['i64.store', '(i64.const -1)', 8],
  ['i64.store8', '(i64.const -1)', 1],
  ['i64.store16', '(i64.const -1)', 2],
  ['i64.store32', '(i64.const -1)', 4],
  ['f32.store', '(f32.const 1.9)', 4],
  ['f64.store', '(f64.const 1.9)', 8],
  ['v128.store', '(v128.const i64x2 -1 -1)', 16],
];

/** How far beyond an address whose page is marked a store of 16 bytes may begin that needs no mark. */
const REACH = SLACK - 16;

/** Around those with which an operand and the sum are near each other. */
const OFFSETS = [0, 1, 4, REACH - 1, REACH, REACH + 1, SLACK, CARD_BYTES - 1, CARD_BYTES, 2 ** 32 - 1];

/** Around a border of two cards. */
const ADDRESSES = [-SLACK - 1, -SLACK, -REACH - 16, -REACH, -16, -9, -8, -1, 0, 1, REACH, SLACK].map(
  (distance) => 3 * CARD_BYTES + distance,
);

test.each(STORES)('all that %s writes is near a page that it marks, whatever its offset', async (store, value) => {
  const functions = OFFSETS.map(
    (offset) => `(func (export "at ${offset}") (param i32) (${store} offset=${offset} (local.get 0) ${value}))`,
  );
  const tracked = new Tracked(await assemble(`(module (memory 1) ${functions.join('\n')})`));
  for (const offset of OFFSETS) {
    for (const address of ADDRESSES) {
      const result = outcome(() => tracked.func(`at ${offset}`)(address));
      const isWritten = offset < 2 ** 32 - 1;
      expect(result).toBe(isWritten ? undefined : 'trap: memory access out of bounds');
      expect(tracked.isPristine).toBe(!isWritten);
      // A sum beyond 32 bits traps, and may have marked a page that nothing was written to.
      const marked = tracked.restore();
      if (isWritten) expect(marked.length).toBe(1);
      expect(tracked.isPristine).toBe(true);
    }
  }
});

/** `run` writes around `offset`, and one mark suffices to restore all of it. */
function expectOneMark(tracked: Tracked, offset: number): void {
  for (const address of ADDRESSES) {
    tracked.func('run')(address);
    expect(tracked.bytes[address + offset - SLACK]).toBe(7);
    expect(tracked.restore().length).toBe(1);
    expect(tracked.isPristine).toBe(true);
  }
}

test.each(OFFSETS.slice(0, -1))('a store at offset %i marks for those near it that need no mark', async (offset) => {
  // The others begin as far from the first as they may.
  const wat = `(module (memory 1) (func (export "run") (param $at i32)
    (i32.store8 offset=${offset} (local.get $at) (i32.const 7))
    (i32.store8 (i32.add (local.get $at) (i32.const ${offset - SLACK})) (i32.const 7))
    (v128.store (i32.add (local.get $at) (i32.const ${offset + REACH})) (v128.const i64x2 -1 -1))))`;
  const tracked = new Tracked(await assemble(wat));
  expectOneMark(tracked, offset);
});

test.each(STORES)(
  '%s does not write beyond the end of the memory, except next to it',
  async (store, value, byteLength) => {
    const end = 65_536;
    const functions = OFFSETS.map(
      (offset) => `(func (export "at ${offset}") (param i32) (${store} offset=${offset} (local.get 0) ${value}))`,
    );
    const tracked = new Tracked(await assemble(`(module (memory 1) ${functions.join('\n')})`));
    // Pages that exist and that the guest was not given.
    tracked.memory.grow(2);
    for (const offset of OFFSETS.slice(0, -1)) {
      for (const address of [end - byteLength, end - 1, end, end + 1, end + CARD_BYTES]) {
        const result = outcome(() => tracked.func(`at ${offset}`)(address));
        expect(result).toBe(address + offset < end ? undefined : 'trap: memory access out of bounds');
        expect(tracked.bytes.subarray(end + SLACK).every((byte) => byte === 0)).toBe(true);
        tracked.restore();
        expect(tracked.isPristine).toBe(true);
      }
    }
  },
);

test.each(OFFSETS.slice(0, -1))(
  'a store at offset %i marks for those near it if there are very many offsets, whose stores share functions',
  async (offset) => {
    // The last function is rewritten first.
    const many = Array.from(
      { length: 4200 },
      (_, index) => `(i32.store8 offset=${5 * index} (call $hide) (i32.const 1))`,
    );
    const wat = `(module (memory 1)
      (func $hide (result i32) (i32.const 8))
      (func (export "run") (param $at i32)
        (f64.store offset=${offset} (local.get $at) (f64.const 1.9))
        (i32.store8 (i32.add (local.get $at) (i32.const ${offset - SLACK})) (i32.const 7))
        (v128.store (i32.add (local.get $at) (i32.const ${offset + REACH})) (v128.const i64x2 -1 -1)))
      (func (export "many") ${many.join('\n')}))`;
    const tracked = new Tracked(await assemble(wat));
    expectOneMark(tracked, offset);
  },
);

test.each([-SLACK - 16, -SLACK - 1, REACH + 1, REACH + 2, REACH + 16])(
  'a store that is %i bytes from one that was marked is restored too',
  async (distance) => {
    const wat = `(module (memory 1) (func (export "run") (param $at i32)
      (i32.store8 (local.get $at) (i32.const 7))
      (v128.store (i32.add (local.get $at) (i32.const ${distance})) (v128.const i64x2 -1 -1))))`;
    const tracked = new Tracked(await assemble(wat));
    for (let address = 3 * CARD_BYTES - 20; address < 3 * CARD_BYTES + 20; address++) {
      tracked.func('run')(address);
      expect(tracked.bytes[address + distance]).toBe(255);
      tracked.restore();
      expect(tracked.isPristine).toBe(true);
    }
  },
);
