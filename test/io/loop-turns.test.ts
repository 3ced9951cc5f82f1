import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LoopTurns } from '../../src/io/loop-turns.ts';
import { holdThread } from '../harness/hold-thread.ts';

test('all have their turn, in the order in which they asked', async () => {
  const turns = new LoopTurns();
  const order: number[] = [];
  await Promise.all(Array.from({ length: 100 }, (_, index) => turns.next().then(() => order.push(index))));
  expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index));
});

test('work that takes long leaves the loop to others between two of its pieces', async () => {
  const turns = new LoopTurns();
  const seen: ('work' | 'loop')[] = [];
  const all = Array.from({ length: 20 }, async () => {
    await turns.next();
    holdThread(6);
    seen.push('work');
  });
  while (seen.filter((what) => what === 'work').length < 20) {
    await nextTurn();
    seen.push('loop');
  }
  await Promise.all(all);
  expect(seen.join(' ')).not.toContain('work work');
});

test('what has precedence comes first, but not forever', async () => {
  const turns = new LoopTurns();
  await turns.next();
  await nextTurn();
  const done: string[] = [];
  void turns.next().then(() => done.push('work'));
  for (let turn = 0; turn < 3; turn += 1) {
    turns.giveWay();
    await nextTurn();
  }
  expect(done).toEqual([]);
  while (done.length === 0) {
    turns.giveWay();
    await nextTurn();
  }
});
