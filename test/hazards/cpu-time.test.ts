import { describe, expect, test } from 'vitest';
import { loadComponent } from '../../src/index.ts';
import { guestFile } from '../harness/guests.ts';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { serveGuest, untilAnswered } from '../harness/serve-guest.ts';

const WAYS = [
  { engine: 'linker', isolation: 'reset' },
  { engine: 'linker', isolation: 'fresh' },
  { engine: 'jco', isolation: 'fresh' },
] as const;

describe.each(WAYS)('the CPU time that is logged for a request ($engine, $isolation)', (way) => {
  test('does not include the time for which its guest waits', async () => {
    await using served = await serveGuest('sleep', {}, way);
    await requestRaw(served.origin, rawGet('/?ms=1000'));
    const { durationMs, cpuMs } = await untilAnswered(served);
    expect(durationMs).toBeGreaterThanOrEqual(1000);
    expect(cpuMs).toBeGreaterThan(0);
    expect(cpuMs).toBeLessThan(1000);
  });

  test('is all of what it computes', async () => {
    await using served = await serveGuest('spin', { cpuTimeoutMs: 100 }, way);
    await requestRaw(served.origin, rawGet('/?before'));
    const { durationMs, cpuMs } = await untilAnswered(served);
    expect(cpuMs).toBeGreaterThanOrEqual(100);
    expect(cpuMs).toBeLessThanOrEqual(durationMs);
  });

  test('is unknown if guests are not interrupted', async () => {
    const component = await loadComponent(guestFile('hello'), { ...way, preemption: 'off' });
    await using served = await serveGuest(component);
    await requestRaw(served.origin, rawGet('/'));
    expect(await untilAnswered(served)).toMatchObject({ cpuMs: undefined });
  });
});
