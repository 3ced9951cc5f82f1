import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { validator } from 'hono/validator';
import { describe, expect, test } from 'vitest';
import { type ComponentHandler, SILENT, component } from '../../src/index.ts';
import { TEST_CACHE, guestFile } from '../harness/guests.ts';

function mount(name: string): ComponentHandler {
  return component(guestFile(name), { cache: TEST_CACHE }, SILENT);
}

/** A Hono app on a port. */
async function listen(app: {
  fetch: (request: Request) => Response | Promise<Response>;
}): Promise<AsyncDisposable & { origin: string }> {
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function textOf(url: string, init: RequestInit = {}): Promise<string> {
  return await (await fetch(url, { ...init, headers: { connection: 'close', ...(init.headers as object) } })).text();
}

describe('the guest sees', () => {
  test.each<[string, (handler: ComponentHandler) => Hono, string, string]>([
    ['the whole path below all', (handler) => new Hono().all('/api/*', handler), '/api/x?y=1', '/api/x?y=1'],
    [
      'the whole path below route',
      (handler) => new Hono().route('/sub', new Hono().all('/x/*', handler)),
      '/sub/x/y',
      '/sub/x/y',
    ],
    ['the whole path below basePath', (handler) => new Hono().basePath('/v1').all('/x', handler), '/v1/x', '/v1/x'],
    ['what follows the path of mount', (handler) => new Hono().mount('/sub', handler), '/sub/x?y=1', '/x?y=1'],
    ['what follows the path of mount with fetch', (handler) => new Hono().mount('/sub', handler.fetch), '/sub', '/'],
    [
      'the whole path of mount, if that is asked for',
      (handler) => new Hono().mount('/sub', handler, { replaceRequest: false }),
      '/sub/x',
      '/sub/x',
    ],
  ])('%s', async (_what, toApp, path, seen) => {
    await using head = mount('head');
    await using served = await listen(toApp(head));
    const text = await textOf(`${served.origin}${path}`);
    expect(text).toContain(`path-with-query: ${seen}\n`);
    expect(text).toContain(`authority: ${new URL(served.origin).host}\n`);
  });
});

describe('fields', () => {
  test('that middleware sets before next() are in the reply beside those of the component', async () => {
    await using headers = mount('headers');
    const app = new Hono();
    app.use(async (c, next) => {
      c.header('x-request-start', 'now');
      c.header('x-order-2', 'of the middleware');
      c.header('set-cookie', 'session=7');
      await next();
      c.header('x-order-1', 'at last');
    });
    app.all('*', headers);
    await using served = await listen(app);
    const response = await fetch(served.origin, { headers: { connection: 'close' } });
    expect(response.headers.get('x-request-start')).toBe('now');
    expect(response.headers.get('x-order-2')).toBe('second');
    expect(response.headers.get('x-order-1')).toBe('at last');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2', 'session=7']);
  });

  test('that cors sets before next() do not take the cookies of the component', async () => {
    await using headers = mount('headers');
    const app = new Hono().use(cors({ origin: 'https://app.example', credentials: true }));
    app.use(async (c, next) => {
      c.header('set-cookie', 'session=7', { append: true });
      await next();
    });
    app.all('*', headers);
    await using served = await listen(app);
    const init = { headers: { connection: 'close', origin: 'https://app.example' } };
    const response = await fetch(served.origin, init);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2', 'session=7']);
  });

  test('and the status of the component stand where middleware has set none', async () => {
    await using status = mount('status');
    const app = new Hono().use(async (_c, next) => await next()).all('*', status);
    await using served = await listen(app);
    const response = await fetch(`${served.origin}/?code=204`, { headers: { connection: 'close' } });
    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  test('announce no trailers, for a Response has none', async () => {
    await using trailers = mount('trailers');
    await using served = await listen(new Hono().all('*', trailers));
    const response = await fetch(served.origin, { headers: { connection: 'close' } });
    expect([response.status, response.headers.get('trailer')]).toEqual([200, null]);
    expect(await response.text()).toBe('trailers: none\n');
  });
});

describe('a body that middleware has read reaches the component', () => {
  test.each([
    ['as text', (app: Hono) => app.use(async (c, next) => (await c.req.text(), await next())), 'to and fro'],
    ['as bytes', (app: Hono) => app.use(async (c, next) => (await c.req.arrayBuffer(), await next())), 'to and fro'],
    ['by a validator', (app: Hono) => app.use(validator('json', (value) => value as object)), '{"to":"fro"}'],
    ['within a limit', (app: Hono) => app.use(bodyLimit({ maxSize: 1000 })), 'to and fro'],
  ])('%s', async (_how, use, body) => {
    await using echo = mount('echo');
    const app = new Hono();
    use(app);
    app.all('*', echo);
    await using served = await listen(app);
    const headers = { 'content-type': 'application/json' };
    expect(await textOf(served.origin, { method: 'POST', body, headers })).toBe(body);
  });
});

test('a component serves by itself, as the fetch of a server', async () => {
  await using hello = mount('hello');
  await using served = await listen(hello);
  expect(await textOf(served.origin)).toBe('Hello from wasi-serve!\n');
});
