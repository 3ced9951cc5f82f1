import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TurnQueue } from '../../src/io/turn-queue.ts';

/** The order in which guests that have run for this long have their turns. */
async function orderOf(used: readonly number[]): Promise<number[]> {
  const queue = new TurnQueue();
  const order: number[] = [];
  const all = used.map((ms, index) =>
    (ms === 0 ? queue.waitToBegin('unplaced') : queue.wait(ms)).then(() => order.push(index)),
  );
  while (queue.size > 0) {
    queue.resumeNext();
    await Promise.resolve();
  }
  await Promise.all(all);
  return order;
}

test('of those that have run, the one that waited longest and the one that ran least have turns alternately', async () => {
  expect(await orderOf([90, 80, 70, 10, 20])).toEqual([0, 3, 1, 4, 2]);
});

test('of those that ran for little the one that came last is next, however little each ran', async () => {
  expect(await orderOf([1, 2, 5, 40, 9, 1])).toEqual([0, 5, 1, 4, 2, 3]);
});

test('guests that have not begun have three of four turns, in the order in which they came', async () => {
  expect(await orderOf([50, 0, 0, 60, 0, 0, 0])).toEqual([1, 2, 4, 0, 5, 6, 3]);
});

test('of those that have not begun, the ones that have a place come first', async () => {
  const queue = new TurnQueue();
  const order: string[] = [];
  void queue.waitToBegin('unplaced').then(() => order.push('new'));
  void queue.waitToBegin('placed').then(() => order.push('placed'));
  queue.resumeNext();
  queue.resumeNext();
  await Promise.resolve();
  expect(order).toEqual(['placed', 'new']);
});

test('each has one turn, and none waits for more than eight for each before it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20)), async (used) => {
      const order = await orderOf(used);
      expect(order.toSorted((a, b) => a - b)).toEqual(used.map((_, index) => index));
      for (const [turn, index] of order.entries()) expect(turn).toBeLessThanOrEqual(8 * (index + 1));
    }),
  );
});
