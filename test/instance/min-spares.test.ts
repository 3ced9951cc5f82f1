import { describe, expect, test } from 'vitest';
import { createHost, loadComponent } from '../../src/index.ts';
import { HostError } from '../../src/util/host-error.ts';
import { TEST_CACHE, guest, guestFile } from '../harness/guests.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { until } from '../harness/until.ts';

const MIB = 1024 * 1024;

describe.each(['reset', 'restart'] as const)('with %s', (isolation) => {
  test('as many instances as asked for exist before the first request, and after it', async () => {
    await using served = await serveGuest('hello', { minSpares: 5 }, { isolation });
    expect(served.host.load.keptInstances).toBe(5);
    expect((await fetch(served.origin)).status).toBe(200);
    await until(() => served.host.load.keptInstances === 5);
  });

  test('the first request gets the first number all the same', async () => {
    await using served = await serveGuest('env', { minSpares: 5 }, { isolation });
    expect(await (await fetch(served.origin)).text()).toContain('INSTANCE_ID=0');
  });

  test('one that is lost is replaced', async () => {
    await using served = await serveGuest('trap-before', { minSpares: 3 }, { isolation });
    expect((await fetch(served.origin)).status).toBe(500);
    await until(() => served.host.load.keptInstances === 3);
  });

  test('the host cannot be created if they do not fit', async () => {
    const limits = { maxTotalMemoryBytes: 4 * MIB };
    const component = await loadComponent(guestFile('hello'), { isolation, limits, cache: TEST_CACHE });
    expect(() => createHost(component, { minSpares: 50 })).toThrow(
      /^minSpares 50 \(--min-spares\) is too much: \d of these instances fit/,
    );
  });
});

test('all but one are given back if memory runs low', async () => {
  const component = await loadComponent(guestFile('memory'), {
    limits: { maxTotalMemoryBytes: 64 * MIB },
    cache: TEST_CACHE,
  });
  await using host = createHost(component, { minSpares: 8 });
  expect(host.load.keptInstances).toBe(8);
  // What a job has made V8 keeps to its end.
  await new Promise(setImmediate);
  const response = await host.fetch('http://localhost/?mib=58');
  expect(response.status).toBe(200);
  expect(host.load.keptInstances).toBeLessThan(8);
});

test('none can be made before its request if each gets a new instance', async () => {
  const fresh = await guest('hello', { isolation: 'fresh' });
  expect(() => createHost(fresh, { minSpares: 1 })).toThrow(HostError);
});
