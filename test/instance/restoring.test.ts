import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { captureImage, hasGrownTables, restoreImage } from '../../src/instance/image.ts';
import { RESTORABLE, WRITING, findChange, linkPoker, noCtx, poke, stateOf } from './poker.ts';

const PAGE_BYTES = 65_536;
const START_BYTES = 2 * PAGE_BYTES;
const CARD_BYTES = 4096;

const pre = await linkPoker();

/** In the guest's memory with room for the longest store, more often than not next to a border of cards, or at the end. */
const address = fc.oneof(
  fc.integer({ min: 0, max: START_BYTES - 16 }),
  fc
    .tuple(fc.integer({ min: 1, max: START_BYTES / CARD_BYTES }), fc.integer({ min: -300, max: 300 }))
    .map(([card, distance]) => Math.min(card * CARD_BYTES + distance, START_BYTES - 16)),
  fc.constantFrom(0, START_BYTES - 16),
);
const change = fc.record({
  op: fc.constantFrom(...RESTORABLE),
  at: address,
  n: fc.integer({ min: 0, max: 9000 }),
  v: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
});

test('no sequence of changes survives a restore', { timeout: 120_000 }, async () => {
  const instance = pre.instantiate(noCtx());
  const image = captureImage(instance, undefined);
  const start = stateOf(instance);
  const bytes = instance.core.memories[0]?.bytes.slice() ?? new Uint8Array(0);
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 30 }),
      fc.string({ maxLength: 5000 }),
      async (changes, text) => {
        await instance.call(noCtx(), 'test:poker/guest', 'take', [text]);
        for (const { op, at, n, v } of changes) await poke(instance, op, { at, n: Math.min(n, START_BYTES - at), v });
        restoreImage(instance, image);
        expect(findChange(instance, bytes)).toBe(-1);
        expect(await instance.call(noCtx(), 'test:poker/guest', 'length', [])).toBe(2);
        const { core } = instance;
        expect(core.globals.map((global) => global.value)).toEqual(image.globals);
        expect((stateOf(instance) as { tables: unknown }).tables).toEqual((start as { tables: unknown }).tables);
        expect(hasGrownTables(instance, image)).toBe(false);
      },
    ),
    { numRuns: Number(process.env['FC_RUNS'] ?? 300) },
  );
});

describe.each(WRITING)('%s', (op) => {
  test.each([
    ['at the first byte', 0],
    ['at the end of a card', CARD_BYTES - 1],
    ['at the start of a card', CARD_BYTES],
    ['across cards', 2 * CARD_BYTES - 1],
    ['across pages', PAGE_BYTES - 1],
    ['at the end of memory', START_BYTES - 16],
  ])('%s leaves nothing', async (_where, at) => {
    const instance = pre.instantiate(noCtx());
    const image = captureImage(instance, undefined);
    const bytes = instance.core.memories[0]?.bytes.slice() ?? new Uint8Array(0);
    await poke(instance, op, { at, n: 13, v: 0x5a5a5a5a });
    restoreImage(instance, image);
    expect(findChange(instance, bytes)).toBe(-1);
    instance.release();
  });
});

test.each([
  ['i32.store8', 1],
  ['i32.store16', 2],
  ['i32.store', 4],
  ['i64.store', 8],
  ['v128.store', 16],
  ['memory.fill', 1],
] as const)('the very last byte that %s can write is set back', async (op, byteLength) => {
  const instance = pre.instantiate(noCtx());
  const image = captureImage(instance, undefined);
  const bytes = instance.core.memories[0]?.bytes.slice() ?? new Uint8Array(0);
  await poke(instance, op, { at: START_BYTES - byteLength, n: 1, v: 0x11111111 });
  expect(findChange(instance, bytes)).not.toBe(-1);
  restoreImage(instance, image);
  expect(findChange(instance, bytes)).toBe(-1);
});

test('what is written to grown pages is zero when they are grown again', async () => {
  const instance = pre.instantiate(noCtx());
  const image = captureImage(instance, undefined);
  for (let round = 0; round < 3; round += 1) {
    await poke(instance, 'memory.grow', { n: 3 });
    expect(await instance.call(noCtx(), 'test:poker/guest', 'length', [])).toBe(5);
    expect(instance.core.memories[0]?.bytes.subarray(START_BYTES).every((byte) => byte === 0)).toBe(true);
    await poke(instance, 'memory.fill', { at: START_BYTES, n: 3 * PAGE_BYTES, v: 0xff });
    restoreImage(instance, image);
  }
});

test('a longer table is noticed', async () => {
  const instance = pre.instantiate(noCtx());
  const image = captureImage(instance, undefined);
  await poke(instance, 'table.grow', {});
  expect(hasGrownTables(instance, image)).toBe(true);
});

test('images of instances that started alike share their bytes', () => {
  const image = captureImage(pre.instantiate(noCtx()), undefined);
  const other = pre.instantiate(noCtx());
  expect(captureImage(other, image).memories[0]?.content).toBe(image.memories[0]?.content);
});

test(
  'the first of many instances is restored when the memory of cards has grown under it',
  { timeout: 120_000 },
  async () => {
    const instances = Array.from({ length: 600 }, () => pre.instantiate(noCtx()));
    const [first] = instances;
    if (first === undefined) throw new Error('there is none');
    const image = captureImage(first, undefined);
    const bytes = first.core.memories[0]?.bytes.slice() ?? new Uint8Array(0);
    const more = Array.from({ length: 300 }, () => pre.instantiate(noCtx()));
    await first.call(noCtx(), 'test:poker/guest', 'take', ['from the host']);
    await poke(first, 'memory.fill', { n: 100_000, v: 1 });
    expect(restoreImage(first, image)).toBeGreaterThan(20);
    expect(findChange(first, bytes)).toBe(-1);
    for (const instance of [...instances, ...more]) instance.release();
  },
);
