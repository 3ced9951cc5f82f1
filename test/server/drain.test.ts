import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InFlight } from '../../src/server/in-flight.ts';
import { WasiCtx } from '../../src/wasi/wasi-ctx.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const messageOf = (ctx: WasiCtx): string | undefined => ctx.cancellation.trap?.message;

describe('the deadlines of guests that wait', () => {
  test('are each their own, by one timer', () => {
    const inFlight = new InFlight();
    const contexts = [0, 30, 60].map(() => {
      const ctx = new WasiCtx({ timeoutMs: 100 });
      inFlight.add(ctx);
      vi.advanceTimersByTime(30);
      return ctx;
    });
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(10);
    expect(contexts.map(messageOf)).toEqual(['guest timed out', undefined, undefined]);
    vi.advanceTimersByTime(30);
    expect(contexts.map(messageOf)).toEqual(['guest timed out', 'guest timed out', undefined]);
    expect(vi.getTimerCount()).toBe(1);
  });

  test('are kept by those that come while one is at its end but not gone', () => {
    const inFlight = new InFlight();
    inFlight.add(new WasiCtx({ timeoutMs: 100 }));
    vi.advanceTimersByTime(100);
    const ctx = new WasiCtx({ timeoutMs: 100 });
    inFlight.add(ctx);
    vi.advanceTimersByTime(100);
    expect(messageOf(ctx)).toBe('guest timed out');
  });

  test('leave no timer behind', () => {
    const inFlight = new InFlight();
    const ctx = new WasiCtx({ timeoutMs: 100 });
    inFlight.add(ctx);
    inFlight.remove(ctx);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ['are none where requests may take as long as they like', 0, 0],
    ['may be further away than a timer reaches', 2 ** 40, 1],
  ])('%s', (_name, timeoutMs, timers) => {
    const inFlight = new InFlight();
    const ctx = new WasiCtx({ timeoutMs });
    inFlight.add(ctx);
    expect(vi.getTimerCount()).toBe(timers);
    vi.advanceTimersByTime(2 ** 31);
    expect(messageOf(ctx)).toBeUndefined();
  });
});
