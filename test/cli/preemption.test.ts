import { describe, expect, test } from 'vitest';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { guestPath, servingOn } from './wasi-serve.ts';

const SPIN = guestPath('spin');
const COMPUTED = { status: 200, body: 'computed\n' };

describe('a guest that computes without an end', () => {
  test('gets 504 when --cpu-timeout is over; others are served meanwhile', async () => {
    await using serving = await servingOn([SPIN, '--cpu-timeout', '1s']);
    let status = 0;
    const spinning = requestRaw(serving.origin, rawGet('/?before')).then((reply) => (status = reply.status));
    for (let request = 0; request < 5; request += 1) {
      expect(await requestRaw(serving.origin, rawGet('/'))).toMatchObject(COMPUTED);
    }
    expect(status).toBe(0);
    expect(await spinning).toBe(504);
    await serving.until('stderr', /^error \[[\w-]+\] guest used up its CPU time$/m);
    expect(await requestRaw(serving.origin, rawGet('/'))).toMatchObject(COMPUTED);
  });

  test('is bounded by -W timeout alone with --cpu-timeout 0', async () => {
    await using serving = await servingOn([SPIN, '--cpu-timeout', '0', '-W', 'timeout=200ms']);
    expect((await requestRaw(serving.origin, rawGet('/?before'))).status).toBe(504);
    await serving.until('stderr', /^error \[[\w-]+\] guest timed out$/m);
  });
});

test.each([
  ['on', 'ends', 504],
  ['off', 'does not end', 200],
])('--preemption %s %s a guest that computes for longer than it may', async (preemption, _what, status) => {
  await using serving = await servingOn([SPIN, '--cpu-timeout', '50ms', '--preemption', preemption]);
  expect((await requestRaw(serving.origin, rawGet('/?ms=500'))).status).toBe(status);
});
