import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EXACT_TIME } from '../../../src/wasi/clocks/guest-time.ts';
import { Timer } from '../../../src/wasi/clocks/timer.ts';

const NS_PER_MS = 1_000_000n;
const MAX_U64 = 2n ** 64n - 1n;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a timer', () => {
  test('holds a Node timer only while there is a listener', () => {
    const timer = new Timer(EXACT_TIME.monotonicNs() + 10n * NS_PER_MS);
    expect(vi.getTimerCount()).toBe(0);
    const [one, other] = [vi.fn<() => void>(), vi.fn<() => void>()];
    timer.onReady(one);
    timer.onReady(other);
    expect(vi.getTimerCount()).toBe(1);
    timer.offReady(one);
    timer.offReady(one);
    expect(vi.getTimerCount()).toBe(1);
    timer.offReady(other);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('can be listened to again after its last listener left', () => {
    const timer = new Timer(EXACT_TIME.monotonicNs() + 10n * NS_PER_MS);
    const wake = vi.fn<() => void>();
    timer.onReady(wake);
    timer.offReady(wake);
    timer.onReady(wake);
    vi.advanceTimersByTime(10);
    expect(wake).toHaveBeenCalledTimes(1);
  });

  test('wakes at the first millisecond that is not before its instant', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 50n * NS_PER_MS }), (durationNs) => {
        const startNs = EXACT_TIME.monotonicNs();
        const timer = new Timer(startNs + durationNs);
        const wokenNs: bigint[] = [];
        timer.onReady(() => {
          expect(timer.isReady()).toBe(true);
          wokenNs.push(EXACT_TIME.monotonicNs() - startNs);
        });
        vi.advanceTimersByTime(60);
        expect(wokenNs).toEqual([((durationNs + NS_PER_MS - 1n) / NS_PER_MS) * NS_PER_MS]);
        expect(vi.getTimerCount()).toBe(0);
      }),
    );
  });

  test('keeps waiting if Node fires early', () => {
    const timer = new Timer(EXACT_TIME.monotonicNs() + 5n * NS_PER_MS);
    const wake = vi.fn<() => void>();
    timer.onReady(wake);
    const clock = vi.spyOn(process.hrtime, 'bigint').mockReturnValueOnce(EXACT_TIME.monotonicNs() + 4n * NS_PER_MS);
    vi.advanceTimersByTime(5);
    clock.mockRestore();
    expect([wake.mock.calls.length, vi.getTimerCount()]).toEqual([0, 1]);
    vi.advanceTimersByTime(5);
    expect(wake).toHaveBeenCalledTimes(1);
  });

  test.each([
    ['30 days', 30n * 24n * 3600n * 1000n * NS_PER_MS],
    ['as far as a u64 reaches', MAX_U64],
  ])('copes with an instant %s away', (_name, durationNs) => {
    const timer = new Timer(durationNs);
    const wake = vi.fn<() => void>();
    timer.onReady(wake);
    vi.advanceTimersByTime(2 ** 31);
    expect([wake.mock.calls.length, timer.isReady(), vi.getTimerCount()]).toEqual([0, false, 1]);
    timer.offReady(wake);
    expect(vi.getTimerCount()).toBe(0);
  });
});
