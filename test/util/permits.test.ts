import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Permits } from '../../src/io/permits.ts';
import { Latch } from '../../src/io/readiness.ts';

test('queues take turns, and in each the oldest and the newest do', async () => {
  const permits = new Permits(1, 100, 3);
  expect(permits.acquire()).toBe(true);
  const order: string[] = [];
  const all = ['a0', 'a0', 'a0', 'b1', 'c2', 'c2'].map(async (name, index) => {
    expect(await permits.acquire(undefined, Number(name[1]))).toBe(true);
    order.push(`${name[0]}${index}`);
    permits.release();
  });
  permits.release();
  await Promise.all(all);
  expect(order).toEqual(['a0', 'b3', 'c4', 'a2', 'c5', 'a1']);
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
      const permits = new Permits(max, maxQueued, 3);
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
