import { setImmediate as nextTurn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Permits } from '../../src/io/permits.ts';
import { Latch } from '../../src/io/readiness.ts';

test('queues take turns', async () => {
  const permits = new Permits({ max: 1, maxQueued: 100, queues: 3 });
  expect(permits.acquire()).toBe(true);
  const order: string[] = [];
  const all = ['a0', 'a0', 'a0', 'b1', 'c2', 'c2'].map(async (name, index) => {
    expect(await permits.acquire(undefined, Number(name[1]))).toBe(true);
    order.push(`${name[0]}${index}`);
    permits.release();
  });
  permits.release();
  await Promise.all(all);
  expect(order).toEqual(['a0', 'b3', 'c4', 'a1', 'c5', 'a2']);
  expect(permits).toMatchObject({ taken: 0, queued: 0 });
});

test('never are more out than allowed, none is lost, and nobody waits while one is free', async () => {
  const step = fc.oneof(
    fc.record({ at: fc.constant('acquire' as const), queue: fc.nat(2) }),
    fc.record({ at: fc.constant('release' as const) }),
    fc.record({ at: fc.constant('give-up' as const), which: fc.nat() }),
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat(4), fc.array(step), async (max, maxQueued, steps) => {
      const permits = new Permits({ max, maxQueued, queues: 3 });
      const waiting: Latch[] = [];
      let out = 0;
      for (const taken of steps) {
        if (taken.at === 'acquire') {
          const leaves = new Latch();
          const granted = permits.acquire(leaves, taken.queue);
          if (granted === true) out += 1;
          else if (granted !== false) {
            waiting.push(leaves);
            void granted.then((isGranted) => {
              waiting.splice(waiting.indexOf(leaves), 1);
              if (isGranted) out += 1;
            });
          }
        } else if (taken.at === 'release' && out > 0) {
          out -= 1;
          permits.release();
        } else if (taken.at === 'give-up') waiting[taken.which % Math.max(1, waiting.length)]?.open();
        await Promise.resolve();
        await Promise.resolve();
        expect(out).toBe(permits.taken);
        expect(permits.taken).toBeLessThanOrEqual(max);
        expect(permits.queued).toBeLessThanOrEqual(maxQueued);
        if (permits.queued > 0) expect(permits.taken).toBe(max);
      }
    }),
  );
});

test('beyond a pace the number grows by one in each turn of the loop, and nobody is refused for that', async () => {
  const permits = new Permits({ max: 5, maxQueued: 0, pacedFrom: 2 });
  const granted: number[] = [];
  const all = Array.from({ length: 6 }, async (_, index) => {
    if (await permits.acquire()) granted.push(index);
  });
  await Promise.resolve();
  expect(permits).toMatchObject({ taken: 3, queued: 2, missing: 0 });
  await nextTurn();
  expect(permits).toMatchObject({ taken: 4, queued: 1, missing: 0 });
  await nextTurn();
  await Promise.all(all);
  expect(granted).toEqual([0, 1, 2, 3, 4]);
});

test('what is given back goes to the next at once, whatever the pace', async () => {
  const permits = new Permits({ max: 5, maxQueued: 1, pacedFrom: 1 });
  expect(permits.acquire()).toBe(true);
  expect(permits.acquire()).toBe(true);
  const waiting = permits.acquire();
  permits.release();
  expect(await waiting).toBe(true);
  expect(permits.taken).toBe(2);
});

test('a pace that is raised is in force from the next turn of the loop on', async () => {
  const permits = new Permits({ max: 5, maxQueued: 0, pacedFrom: 1 });
  const all = Array.from({ length: 5 }, async () => permits.acquire());
  expect(permits.taken).toBe(2);
  permits.pacedFrom = 5;
  await nextTurn();
  expect(await Promise.all(all)).toEqual([true, true, true, true, true]);
});
