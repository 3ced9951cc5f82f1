import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { WARM_GUEST as SOURCE_FILE, toSource } from '../../scripts/warm-up/warm-guest.ts';
import { WARM_GUEST } from '../../src/host/warm-up/warm-guest.ts';
import { warmUp } from '../../src/host/warm-up/warm-up.ts';
import { createHost, loadComponent } from '../../src/index.ts';
import { until } from '../harness/until.ts';

const NEVER = new AbortController().signal;

test('the guest is what its text says', async () => {
  expect(readFileSync(SOURCE_FILE, 'utf8')).toBe(await toSource());
});

test('the guest replies, by instances that are reset', async () => {
  const component = await loadComponent(Buffer.from(WARM_GUEST, 'base64'), { cache: false });
  expect(component.isolation.name).toBe('reset');
  await using host = createHost(component);
  for (let round = 0; round < 3; round += 1) {
    const response = await host.fetch('http://localhost/');
    expect([response.status, await response.text()]).toEqual([200, 'warm\n']);
  }
});

test.runIf(process.platform === 'linux')('it answers itself, and leaves nothing open', async () => {
  const before = await openFiles();
  expect(await warmUp({ isBusy: () => false, signal: NEVER })).toBe(128);
  await until(async () => (await openFiles()) <= before);
});

test.runIf(process.platform === 'linux')('requests go first', async () => {
  let looks = 0;
  const isBusy = (): boolean => (looks += 1) < 4;
  expect(await warmUp({ isBusy, signal: NEVER })).toBe(128);
  expect(looks).toBe(35);
});

test('it ends when the host does', async () => {
  const stop = new AbortController();
  const isBusy = (): boolean => {
    stop.abort();
    return true;
  };
  expect(await warmUp({ isBusy, signal: stop.signal })).toBe(0);
});

/** How many descriptors this process has. */
async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}
