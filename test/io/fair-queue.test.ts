import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as fc from 'fast-check';
import { FairQueue } from '../../src/io/fair-queue.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

function takeAll<T>(queue: FairQueue<T>): T[] {
  const taken: T[] = [];
  while (queue.size > 0) taken.push(queue.take() as T);
  return taken;
}

test('first come, first served', () => {
  const queue = new FairQueue<number>();
  for (const item of [1, 2, 3, 4, 5]) queue.add(item);
  expect(takeAll(queue)).toEqual([1, 2, 3, 4, 5]);
});

test('in a crowd the oldest and the newest have turns alternately', () => {
  const queue = new FairQueue<number>();
  for (const item of [1, 2, 3, 4, 5]) queue.add(item);
  vi.advanceTimersByTime(1000);
  expect(takeAll(queue)).toEqual([1, 5, 2, 4, 3]);
});

test('nothing is lost or taken twice, whatever is added, taken and removed in between', () => {
  const step = fc.oneof(fc.constant('take' as const), fc.record({ add: fc.nat(9) }), fc.record({ remove: fc.nat(9) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new FairQueue<number>();
      let model: number[] = [];
      for (const taken of steps) {
        vi.advanceTimersByTime(100);
        if (taken === 'take') {
          const item = queue.take();
          expect(item === undefined).toBe(model.length === 0);
          expect(model.length === 0 || item === model[0] || item === model.at(-1)).toBe(true);
          const at = item === model[0] ? 0 : model.length - 1;
          model = model.filter((_, index) => index !== at);
        } else if ('add' in taken) {
          queue.add(taken.add);
          model.push(taken.add);
        } else {
          expect(queue.remove(taken.remove)).toBe(model.includes(taken.remove));
          const at = model.indexOf(taken.remove);
          if (at !== -1) model.splice(at, 1);
        }
        expect(queue.size).toBe(model.length);
      }
    }),
  );
});
