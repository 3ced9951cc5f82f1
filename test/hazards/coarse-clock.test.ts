import { describe, expect, test } from 'vitest';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { serveGuest } from '../harness/serve-guest.ts';

const OPTIONS = { clock: 'coarse' } as const;

describe.each(['linker', 'jco'] as const)('with a coarse clock (%s)', (engine) => {
  test('a guest that waits for an instant resumes when it has come', async () => {
    await using served = await serveGuest('sleep', OPTIONS, { engine });
    expect(await requestRaw(served.origin, rawGet('/?ms=20'))).toMatchObject({ status: 200, body: 'slept 20\n' });
  });

  test('both clocks are reported', async () => {
    await using served = await serveGuest('clocks', OPTIONS, { engine });
    const { body } = await requestRaw(served.origin, rawGet('/'));
    expect(body).toMatch(/wall-now: \d{10}\.\d{9}\n[^]*monotonic-order: true\ninstant-now-ready: true\n/);
  });
});
