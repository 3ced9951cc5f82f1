import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { etag } from 'hono/etag';
import { expect, test } from 'vitest';
import { type ComponentHandler, type ServeOptions, type LoadComponentOptions, component } from '../../src/index.ts';
import { TEST_CACHE, guestFile } from '../harness/guests.ts';

function mount(name: string, options: LoadComponentOptions & ServeOptions = {}): ComponentHandler {
  return component(guestFile(name), { cache: TEST_CACHE, ...options });
}

test('a component answers below the path where it is mounted', async () => {
  await using hello = mount('hello');
  const app = new Hono().all('/api/*', hello);
  expect(await (await app.request('/api/x')).text()).toBe('Hello from wasi-serve!\n');
  expect((await app.request('/other')).status).toBe(404);
});

test('the guest sees the whole path', async () => {
  await using head = mount('head');
  const app = new Hono().basePath('/v1').all('/api/*', head);
  expect(await (await app.request('/v1/api/x?y=1')).text()).toContain('path-with-query: /v1/api/x?y=1\n');
});

test('a request before the component is loaded waits for it', async () => {
  await using hello = mount('hello');
  const response = await new Hono().all('*', hello).request('/');
  expect(response.status).toBe(200);
});

test('middleware around a component reads and sets fields', async () => {
  await using headers = mount('headers');
  const app = new Hono();
  app.use('/api/*', cors({ origin: 'https://app.example' }));
  app.use(async (context, next) => {
    await next();
    context.header('x-latin', undefined);
    context.header('x-took', 'a while');
  });
  app.all('/api/*', headers);
  const response = await app.request('/api/', { headers: { origin: 'https://app.example' } });
  expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
  expect(response.headers.get('x-took')).toBe('a while');
  expect(response.headers.has('x-latin')).toBe(false);
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
});

test('middleware that reads the body sees all of it', async () => {
  await using slow = mount('slow-body');
  const app = new Hono().use(etag()).all('*', slow);
  const response = await app.request('/?chunks=2&ms=1');
  const tag = response.headers.get('etag') ?? '';
  expect(tag).toMatch(/^"[0-9a-f]{40}"$/);
  expect(await response.text()).toBe('chunk 0\nchunk 1\n');
  expect((await app.request('/?chunks=2&ms=1', { headers: { 'if-none-match': tag } })).status).toBe(304);
});

test('middleware that answers by itself keeps the request from the guest', async () => {
  const lines: string[] = [];
  await using print = mount('print', { writeGuestOutput: (_stream, text) => void lines.push(text) });
  const app = new Hono();
  app.use(async (context) => context.text('no', 403));
  app.all('*', print);
  expect((await app.request('/')).status).toBe(403);
  expect(lines).toEqual([]);
});

test('two components live side by side in one app', async () => {
  await using one = mount('env', { env: { WHO: 'one' } });
  await using two = mount('env', { env: { WHO: 'two' } });
  const app = new Hono().all('/one', one).all('/two', two);
  const texts = await Promise.all(['/one', '/two'].map(async (path) => await (await app.request(path)).text()));
  expect(texts[0]).toContain('INSTANCE_ID=0\nWHO=one\n');
  expect(texts[1]).toContain('INSTANCE_ID=0\nWHO=two\n');
});

test('a component that cannot be loaded rejects ready and each request', async () => {
  const missing = mount('missing-import');
  await expect(missing.ready).rejects.toMatchObject({ code: 'missing-import' });
  const app = new Hono().all('*', missing).onError((error, context) => context.text(error.name, 500));
  expect(await (await app.request('/')).text()).toBe('HostError');
});

test('a client that leaves an app on sockets ends its guest', async () => {
  await using sleep = mount('sleep', { timeoutMs: 0 });
  const server = serve({ fetch: new Hono().all('*', sleep).fetch, hostname: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const leaving = new AbortController();
  const response = fetch(`http://127.0.0.1:${port}/?ms=60000`, { signal: leaving.signal });
  await once(server, 'request');
  leaving.abort();
  await expect(response).rejects.toThrow();
  await new Promise((resolve) => server.close(resolve));
  // Disposing waits for the guest: it would for a minute, were it still asleep.
});

test('a closed component answers 503, and the app continues', async () => {
  const hello = mount('hello');
  const app = new Hono().all('/api', hello).get('/', (c) => c.text('alive'));
  expect((await app.request('/api')).status).toBe(200);
  await hello[Symbol.asyncDispose]();
  const response = await app.request('/api');
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await (await app.request('/')).text()).toBe('alive');
});
