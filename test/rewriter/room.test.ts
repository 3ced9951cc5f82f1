import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { program } from './programs.ts';
import { PAGE_BYTES, Tracked, assemble, outcome } from './tracked.ts';

/** Existing pages beyond those reported to the guest. */
const ROOM = 20;

/** How far beyond the end a store can reach that needs no mark, or begins before it. */
const SLACK = 256;

const isTrap = (result: unknown): boolean => typeof result === 'string' && result.startsWith('trap');

function withRoom(bytes: Uint8Array): Tracked {
  const tracked = new Tracked(bytes);
  const most = tracked.rewritten.memories[0]?.limits.maximum ?? 0;
  tracked.memory.grow(Math.min(ROOM, most - tracked.realPages));
  return tracked;
}

test(
  'with room, a program computes what it computes without, or would have trapped',
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(program, fc.constantFrom<0 | 1>(0, 1), async ({ wat, args }, word) => {
        const bytes = await assemble(wat);
        const [exact, roomy] = [new Tracked(bytes), withRoom(bytes)];
        for (const { interrupter } of [exact, roomy]) interrupter.set(word);
        const expected = outcome(() => exact.func('run')(...args));
        const found = outcome(() => roomy.func('run')(...args));
        if (isTrap(found)) expect(isTrap(expected)).toBe(true);
        if (!isTrap(expected)) {
          expect(found).toEqual(expected);
          expect(roomy.slice.pages).toBe(exact.slice.pages);
          expect(Buffer.compare(roomy.reported, exact.reported)).toBe(0);
        }
        const { pages } = roomy.slice;
        expect(roomy.slice.marksOf(roomy.realPages)).toEqual(roomy.slice.marksOf(pages));
        expect(roomy.bytes.subarray(pages * PAGE_BYTES + SLACK).every((byte) => byte === 0)).toBe(true);
        roomy.restore();
        expect(roomy.isPristine).toBe(true);
      }),
      { numRuns: Number(process.env['FC_RUNS'] ?? 300) },
    );
  },
);

describe('a range that ends beyond what the guest was given', () => {
  const BULK = `(module (memory 2) (data $d "passive")
    (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2))))`;
  const END = 2 * PAGE_BYTES;

  test.each([
    ['fill', END - 3, 1, 4],
    ['fill', END + 1, 1, 0],
    ['fill', 0, 1, END + 1],
    ['fill', 1, 1, 2 ** 32 - 1],
    ['fill', 2 ** 32 - 1, 1, 2],
    ['copy', END - 3, 0, 4],
    ['copy', 0, END - 3, 4],
    ['copy', 0, END + 1, 0],
    ['copy', END + 1, 0, 0],
    ['copy', 1, 0, END],
    ['copy', 0, 1, END],
    ['copy', 2 ** 32 - 8, 2 ** 32 - 8, 16],
    ['init', END - 3, 0, 4],
    ['init', END + 1, 0, 0],
  ])('%s(%i, %i, %i) traps and writes nothing', async (name, ...operands) => {
    const tracked = withRoom(await assemble(BULK));
    tracked.bytes.fill(7, 0, END);
    const before = tracked.bytes.slice();
    expect(outcome(() => tracked.func(name)(...operands))).toBe('trap: memory access out of bounds');
    expect(Buffer.compare(tracked.bytes, before)).toBe(0);
    expect(tracked.slice.marksOf(tracked.realPages)).toEqual([]);
  });

  test.each([
    ['fill', END - 4, 1, 4],
    ['fill', END, 1, 0],
    ['copy', END, END, 0],
    ['copy', 0, 0, END],
    ['init', END - 7, 0, 7],
  ])('%s(%i, %i, %i), which ends with it, does not', async (name, ...operands) => {
    const tracked = withRoom(await assemble(BULK));
    expect(outcome(() => tracked.func(name)(...operands))).toBeUndefined();
    tracked.restore();
    expect(tracked.isPristine).toBe(true);
  });
});

describe('growth into room', () => {
  const GROWING = `(module (memory 1 30) (func (export "size") (result i32) (memory.size))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`;

  test('is requested, and takes no page from V8 while there are any left', async () => {
    const tracked = withRoom(await assemble(GROWING));
    const { landlord } = tracked;
    const [grow, size] = [tracked.func('grow'), tracked.func('size')];
    expect([grow(5), grow(10), size(), tracked.realPages]).toEqual([1, 6, 16, 21]);
    expect(landlord.asked).toEqual([5, 10]);
    expect([grow(10), size(), tracked.realPages]).toEqual([16, 26, 26]);
    expect([grow(5), grow(4), grow(1), size()]).toEqual([-1, 26, -1, 30]);
    expect(landlord.asked).toEqual([5, 10, 10, 4]);
  });

  test('that is refused changes nothing', async () => {
    const tracked = withRoom(await assemble(GROWING));
    tracked.landlord.mayTake = false;
    const [grow, size] = [tracked.func('grow'), tracked.func('size')];
    expect([grow(5), grow(0), size()]).toEqual([-1, 1, 1]);
    expect(tracked.slice.marksOf(tracked.realPages)).toEqual([]);
  });
});
