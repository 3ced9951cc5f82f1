import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GuestSlot } from '../../src/cli/stall/guest-slot.ts';
import { boundIn, defaultStallTimeoutMs, intervalFor } from '../../src/cli/stall/stall-bounds.ts';
import { StallClock } from '../../src/cli/stall/stall-clock.ts';
import { WorkerMetrics } from '../../src/cli/workers/worker-metrics.ts';
import { WorkerTurns } from '../../src/cli/workers/worker-turns.ts';

const INTERVAL_MS = 100;
const BOUND_MS = 1000;

/** Ticks of this many milliseconds, with whether it has answered at each. */
const TICKS = fc.array(fc.tuple(fc.constantFrom(1, 99, 100, 150, 5000, 3_600_000), fc.boolean()), { maxLength: 60 });

describe('the clock that finds a stall', () => {
  test('finds one if it was asked and has not answered for the bound of counted time, and only then', () => {
    fc.assert(
      fc.property(TICKS, (ticks) => {
        const clock = new StallClock(INTERVAL_MS);
        let [answers, asked, silentMs] = [0, 0, 0];
        for (const [passedMs, answer] of ticks) {
          if (answer) answers = asked;
          silentMs = answers === asked ? 0 : silentMs + Math.min(passedMs, 2 * INTERVAL_MS);
          const finding = clock.tick(passedMs, answers, BOUND_MS);
          if (finding === 'ask') asked += 1;
          expect(finding).toBe(expected(silentMs, answers === asked - 1 && finding === 'ask'));
        }
      }),
    );
  });

  test('finds none while it was stopped, for however long', () => {
    const clock = new StallClock(INTERVAL_MS);
    expect(clock.tick(INTERVAL_MS, 0, BOUND_MS)).toBe('ask');
    for (let stop = 0; stop < 4; stop += 1) expect(clock.tick(3_600_000, 0, BOUND_MS)).toBe('wait');
    expect(clock.tick(INTERVAL_MS, 1, BOUND_MS)).toBe('ask');
  });

  test('finds none without a bound', () => {
    const clock = new StallClock(INTERVAL_MS);
    const findings = Array.from({ length: 100 }, () => clock.tick(INTERVAL_MS, 0, 0));
    expect(new Set(findings)).toEqual(new Set(['ask', 'wait']));
  });

  test('does not hold against it what came before a restart', () => {
    const clock = new StallClock(INTERVAL_MS);
    for (let tick = 0; tick < 9; tick += 1) clock.tick(INTERVAL_MS, 0, BOUND_MS);
    expect(clock.unansweredMs).toBeGreaterThan(0);
    clock.restart();
    expect(clock.tick(INTERVAL_MS, 0, BOUND_MS)).toBe('ask');
    expect(clock.unansweredMs).toBe(0);
  });

  test('says when the time to finish is over, which is the first that was said, though it answers', () => {
    const clock = new StallClock(INTERVAL_MS);
    clock.finishWithin(3 * INTERVAL_MS);
    const findings = Array.from({ length: 3 }, (_, answers) => {
      clock.finishWithin(3 * INTERVAL_MS);
      return clock.tick(INTERVAL_MS, answers, BOUND_MS);
    });
    expect(findings).toEqual(['ask', 'ask', 'overdue']);
    expect(clock.finishingMs).toBe(3 * INTERVAL_MS);
  });
});

function expected(silentMs: number, mayAsk: boolean): string {
  if (silentMs >= BOUND_MS) return 'stalled';
  return mayAsk ? 'ask' : 'wait';
}

describe('what another thread knows of the guest that runs', () => {
  const text = fc.string({ unit: 'binary', maxLength: 400 });

  test('is the request, as much of it as there is room for', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), text, text, text, (ordinal, method, target, id) => {
        const slot = new GuestSlot();
        slot.enter({ ordinal, method, target, id, knownId: id }, 'all');
        expect(new GuestSlot(slot.bytes).readRequest()).toEqual({
          instance: ordinal,
          method: method.slice(0, 16),
          path: target.slice(0, 256),
          id: id === '' ? undefined : id.slice(0, 128),
        });
      }),
    );
  });

  test('is nothing before a guest ran for one', () => {
    expect(new GuestSlot().readRequest()).toBeUndefined();
  });

  test('is the last of several, with an id only if there is one or one is made', () => {
    const slot = new GuestSlot();
    const base = { method: 'GET', target: '/a/long/path', id: 'made', knownId: undefined };
    slot.enter({ ...base, ordinal: 0 }, 'all');
    expect(slot.readRequest()).toMatchObject({ instance: 0, path: '/a/long/path', id: 'made' });
    slot.enter({ ...base, ordinal: 1, target: '/b' }, 'known');
    expect(slot.readRequest()).toMatchObject({ instance: 1, path: '/b', id: undefined });
    slot.enter({ ...base, ordinal: 2, knownId: 'known' }, 'known');
    expect(slot.readRequest()).toMatchObject({ instance: 2, id: 'known' });
  });
});

describe('how long the event loop may be blocked', () => {
  test.each([
    [30_000, 30_000, 45_000],
    [5000, 30_000, 20_000],
    [0, 1000, 16_000],
    [60_000, 0, 75_000],
    [0, 0, 0],
  ])('with a deadline of %i ms and %i ms of CPU time is %i ms', (timeoutMs, cpuTimeoutMs, boundMs) => {
    expect(defaultStallTimeoutMs(timeoutMs, cpuTimeoutMs)).toBe(boundMs);
  });

  test.each([
    ['starting', 1000, 120_000],
    ['starting', 600_000, 600_000],
    ['starting', 0, 0],
    ['serving', 1000, 1000],
    ['serving', 0, 0],
  ] as const)('while %s under %i is %i', (phase, stallTimeoutMs, boundMs) => {
    expect(boundIn(phase, { stallTimeoutMs, stopTimeoutMs: 0 })).toBe(boundMs);
  });

  test.each([
    [0, 1000],
    [1, 20],
    [400, 100],
    [45_000, 1000],
  ])('of %i ms is looked at each %i ms', (stallTimeoutMs, intervalMs) => {
    expect(intervalFor({ stallTimeoutMs, stopTimeoutMs: 0 })).toBe(intervalMs);
  });
});

describe('a worker that is silent', () => {
  test('counts as one that does not answer after two looks, until it says something', () => {
    let asked = 0;
    const turns = new WorkerTurns(() => (asked += 1));
    const look = (): boolean => turns.check(1000, 0);
    look();
    look();
    expect([turns.isAnswering, asked]).toEqual([true, 1]);
    look();
    expect([turns.isAnswering, asked]).toEqual([false, 1]);
    turns.answered();
    expect(turns.isAnswering).toBe(true);
    look();
    expect(asked).toBe(2);
  });

  test('is asked for its metrics once, however often they are read', async () => {
    let asked = 0;
    const metrics = new WorkerMetrics(() => (asked += 1));
    const reading = Array.from({ length: 100 }, () => metrics.read());
    expect(asked).toBe(1);
    metrics.tell([]);
    await Promise.all(reading);
    void metrics.read();
    expect(asked).toBe(2);
  });
});
