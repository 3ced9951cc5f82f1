import { expect, test } from 'vitest';
import { type Metrics, createHost, createMetrics, listenAdmin } from '../../src/index.ts';
import { formatOrigin } from '../../src/server/http1/listen.ts';
import { guest } from '../harness/guests.ts';
import { rawGet, requestRaw } from '../harness/raw-client.ts';

const ANY_PORT = { hostname: '127.0.0.1', port: 0 };

/** What the admin port of `metrics` answers at a path. */
async function ask(metrics: Metrics, path: string): Promise<{ readonly status: number; readonly body: string }> {
  await using admin = await listenAdmin(metrics, ANY_PORT);
  return await requestRaw(formatOrigin(admin.address), rawGet(path));
}

test('hosts of one process are distinguished by their components, and counted together if these are the same', async () => {
  const metrics = await createMetrics();
  const hello = await guest('hello');
  await using one = createHost(hello, {}, metrics.log);
  await using other = createHost(hello, {}, metrics.log);
  await using third = createHost(await guest('echo'), {}, metrics.log);
  for (const host of [one, other]) metrics.watch({ component: 'hello', host });
  metrics.watch({ component: 'echo', host: third });
  for (const host of [one, other, third]) await (await host.fetch(new Request('http://test/'))).text();
  const { body } = await ask(metrics, '/metrics');
  expect(body).toMatch(/^wasi_serve_requests_total\{component="[^"]*hello[^"]*",status="2xx",end="complete"\} 2$/m);
  expect(body).toMatch(/^wasi_serve_requests_total\{component="[^"]*echo[^"]*",status="2xx",end="complete"\} 1$/m);
  expect(body).toMatch(/^wasi_serve_kept_instances\{component="hello"\} 2$/m);
});

test('a process is ready from when a host listens until none does', async () => {
  const metrics = await createMetrics();
  await using host = createHost(await guest('hello'), {}, metrics.log);
  metrics.watch({ component: 'hello', host });
  expect((await ask(metrics, '/readyz')).status).toBe(503);
  await host.listen(ANY_PORT);
  expect((await ask(metrics, '/readyz')).status).toBe(200);
  await host.close();
  expect((await ask(metrics, '/readyz')).status).toBe(503);
});

test('two metrics in one process share nothing', async () => {
  const [one, other] = [await createMetrics(), await createMetrics()];
  await using host = createHost(await guest('hello'), {}, one.log);
  await (await host.fetch(new Request('http://test/'))).text();
  expect((await ask(one, '/metrics')).body).toMatch(/^wasi_serve_requests_total\{/m);
  expect((await ask(other, '/metrics')).body).not.toMatch(/^wasi_serve_requests_total\{/m);
});

test('numbers that cannot be had are a 500', async () => {
  const broken = { isReady: () => true, toText: () => Promise.reject(new Error('gone')) };
  await using admin = await listenAdmin(broken, ANY_PORT);
  expect((await requestRaw(formatOrigin(admin.address), rawGet('/metrics'))).status).toBe(500);
});
