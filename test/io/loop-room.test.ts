import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LoopRoom } from '../../src/io/loop-room.ts';
import { holdThread } from '../harness/hold-thread.ts';

test('guests run immediately while the turn of the loop is young', () => {
  const room = new LoopRoom();
  for (let guest = 0; guest < 100; guest += 1) expect(room.begin('unplaced')).toBeUndefined();
});

test('when they have had their time, others wait for a later turn of the loop, and none overtakes them', async () => {
  const room = new LoopRoom();
  const order: number[] = [];
  const all = Array.from({ length: 8 }, async (_, index) => {
    await room.begin('unplaced');
    order.push(index);
    holdThread(12);
  });
  expect(order).toEqual([]);
  await Promise.resolve();
  expect(order).toHaveLength(8);
  await Promise.all(all);

  const seen: ('guest' | 'loop')[] = [];
  const later = Array.from({ length: 8 }, async () => {
    await room.beginLater();
    seen.push('guest');
    holdThread(12);
  });
  expect(room.begin('unplaced')).toBeInstanceOf(Promise);
  while (seen.filter((what) => what === 'guest').length < 8) {
    await nextTurn();
    seen.push('loop');
  }
  await Promise.all(later);
  expect(seen.join(' ')).not.toContain('guest guest guest');
});

test('one that holds the thread has its turn of the loop to itself', async () => {
  const room = new LoopRoom();
  expect(room.begin('unplaced')).toBeUndefined();
  holdThread(25);
  const next = room.begin('unplaced');
  expect(next).toBeInstanceOf(Promise);
  await next;
});

test('while connections are accepted guests wait, but not forever', async () => {
  const room = new LoopRoom();
  const done: string[] = [];
  expect(room.begin('unplaced')).toBeUndefined();
  room.giveWay();
  void room.begin('unplaced')?.then(() => done.push('guest'));
  for (let turn = 0; turn < 3; turn += 1) {
    room.giveWay();
    await nextTurn();
  }
  expect(done).toEqual([]);
  while (done.length === 0) {
    room.giveWay();
    await nextTurn();
  }
});
