import { expect, test, vi } from 'vitest';
import { IdleTrust } from '../../src/outbound/upstream/idle-trust.ts';

test('a connection is trusted that has rested, for less than half of the time that others have lasted', () => {
  const trust = new IdleTrust();
  expect(trust.trusts('a', 100)).toBe(false);
  trust.lasted('a', 999);
  expect(trust.trusts('a', 100)).toBe(false);
  trust.lasted('a', 2000);
  trust.lasted('a', 1500);
  expect([0, 19, 20, 1000, 1001].map((idleMs) => trust.trusts('a', idleMs))).toEqual([false, false, true, true, false]);
  expect(trust.trusts('b', 100)).toBe(false);
});

test('an upstream that closes a rested connection early is not trusted for a minute, and then has to show itself again', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const trust = new IdleTrust();
    trust.lasted('a', 2000);
    // What is closed right after a reply, or for its age, says nothing of the others.
    trust.closed('a', 5);
    trust.closed('a', 2500);
    expect(trust.trusts('a', 100)).toBe(true);
    trust.closed('a', 300);
    trust.lasted('a', 2000);
    expect(trust.trusts('a', 100)).toBe(false);
    vi.advanceTimersByTime(60_000);
    expect(trust.trusts('a', 100)).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test('no more than a thousand targets are remembered', () => {
  const trust = new IdleTrust();
  for (let target = 0; target < 1001; target += 1) trust.lasted(`${target}`, 2000);
  expect([trust.trusts('0', 100), trust.trusts('1', 100)]).toEqual([false, true]);
});
