import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Handler, createHost } from '../../src/index.ts';
import { guest } from '../harness/guests.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { nodeWays } from '../harness/matrix.ts';
import { connectRaw, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { type Served, serveGuest } from '../harness/serve-guest.ts';
import { until } from '../harness/until.ts';

const LOCALHOST = { hostname: '127.0.0.1', port: 0 };

function connectTo(target: string, ...lines: string[]): string {
  return [`CONNECT ${target} HTTP/1.1`, 'Host: test:443', ...lines, '', ''].join('\r\n');
}

/** The requests of the log: their methods, targets and statuses. */
function loggedPaths({ events }: Pick<Served, 'events'>): string[] {
  return events.all.flatMap((event) =>
    event.at === 'request' ? [`${event.request.method} ${event.request.path} ${event.request.status}`] : [],
  );
}

describe.each(nodeWays)('CONNECT ($engine $isolation)', (way) => {
  test('reaches the guest with its authority and without a path', async () => {
    await using served = await serveGuest('head', {}, way);
    const reply = await requestRaw(served.origin, connectTo('upstream.test:443'));
    expect(reply).toMatchObject({ status: 405, ending: 'framed' });
    expect(reply.body).toBe('method: CONNECT\nscheme: HTTP\nauthority: upstream.test:443\npath-with-query: none\n');
    expect(valuesOf(reply, 'connection')).toEqual(['close']);
  });

  test.each(['hello', 'echo', 'slow-body'])(
    '%s: a 2xx has neither framing nor body, and ends the connection',
    async (name) => {
      await using served = await serveGuest(name, {}, way);
      await using client = await connectRaw(served.origin);
      await client.send(connectTo('upstream.test:443', 'Proxy-Connection: keep-alive'));
      const head = await client.readHead();
      expect(head.status).toBe(200);
      for (const framing of ['content-length', 'transfer-encoding']) expect(valuesOf(head, framing)).toEqual([]);
      expect(valuesOf(head, 'connection')).toEqual(['close']);
      expect(await client.readSome()).toBe('');
      expect(await client.readEnding()).toBe('closed');
      await until(() => loggedPaths(served).length > 0);
      expect(loggedPaths(served)).toEqual(['CONNECT upstream.test:443 200']);
    },
  );
});

describe('CONNECT', () => {
  test.each([
    ['a name and a port', 'upstream.test:443', 200],
    ['a name', 'localhost', 200],
    ['an address of IPv6', '[::1]:443', 200],
    ['an http URL', 'http://localhost/', 200],
    ['a path', '/path', 400],
    ['*', '*', 400],
    ['a URL of another scheme', 'ftp://localhost/', 400],
    ['a port above 65535', 'localhost:65536', 400],
    ['a port that is not a number', 'localhost:http', 400],
    ['user-info', 'user@localhost:443', 400],
    ['a query', 'localhost?x', 400],
  ])('to %s gets its reply', async (_what, target, status) => {
    await using served = await serveGuest('hello');
    await using client = await connectRaw(served.origin);
    await client.send(connectTo(target));
    expect((await client.readHead()).status).toBe(status);
  });

  test('without Host gets 400', async () => {
    await using served = await serveGuest('hello');
    const reply = await requestRaw(served.origin, 'CONNECT test:443 HTTP/1.1\r\n\r\n');
    expect(reply.status).toBe(400);
  });

  test('whose client sends its tunnel at the same time: it is dropped, and no request', async () => {
    await using served = await serveGuest('hello');
    const start = leftovers(served.host);
    await using client = await connectRaw(served.origin);
    await client.send(`${connectTo('test:80')}GET /tunnelled HTTP/1.1\r\nHost: test\r\n\r\n`);
    expect((await client.readHead()).status).toBe(200);
    await client.send('GET /tunnelled HTTP/1.1\r\nHost: test\r\n\r\n');
    expect(await client.readEnding()).toBe('closed');
    expect(loggedPaths(served)).toEqual(['CONNECT test:80 200']);
    await client[Symbol.asyncDispose]();
    await untilNothingIsLeft(served.host, start);
  });

  test('with a body has none for the guest', async () => {
    await using served = await serveGuest('echo');
    await using client = await connectRaw(served.origin);
    await client.send(`${connectTo('test:80', 'Content-Length: 5')}hello`);
    expect((await client.readHead()).status).toBe(200);
    expect(await client.readSome()).toBe('');
  });

  test('whose client leaves ends its guest', async () => {
    await using served = await serveGuest('sleep', { timeoutMs: 0 });
    const start = leftovers(served.host);
    const client = await connectRaw(served.origin);
    await client.send(connectTo('test:80'));
    // Its guest sleeps for 100 ms, and is gone before: there is nobody to answer.
    await until(() => served.host.inFlight === 1);
    client.reset();
    await untilNothingIsLeft(served.host, start);
    expect(loggedPaths(served)).toEqual([expect.stringMatching(/^CONNECT test:80 499$/)]);
  });

  test('of curl, which asks for a tunnel, ends without one', async () => {
    await using served = await serveGuest('hello');
    const run = promisify(execFile)('curl', ['-sS', '-p', '-x', served.origin, 'http://upstream.test:80/']);
    await expect(run).rejects.toMatchObject({ stderr: expect.stringMatching(/curl: \((?:52|56)\)/) });
    expect(loggedPaths(served)).toEqual(['CONNECT upstream.test:80 200']);
  });

  test('goes to the route / of its host', async () => {
    const seen: string[] = [];
    const toHandler = (name: string): Handler => ({
      answer: ({ head, reply }) => {
        seen.push(`${name} ${head.authority} ${head.pathWithQuery}`);
        reply.whole({ status: 200, fields: [], framing: { by: 'length', byteLength: 2 } }, Buffer.from('no'));
      },
    });
    await using host = createHost();
    host.mount({ host: 'upstream.test' }, toHandler('upstream'));
    host.mount('/', toHandler('all'));
    host.mount('/path', toHandler('path'));
    const { address } = await host.listen(LOCALHOST);
    const origin = `http://127.0.0.1:${address.port}`;
    for (const target of ['upstream.test:443', 'other.test:443']) {
      await using client = await connectRaw(origin);
      await client.send(connectTo(target));
      const head = await client.readHead();
      expect(valuesOf(head, 'content-length')).toEqual([]);
      expect(await client.readSome()).toBe('');
    }
    expect(seen).toEqual(['upstream upstream.test:443 undefined', 'all other.test:443 undefined']);
  });

  test.each(['middleware', 'a page for what is not found'])('does not pass by %s of an app', async (what) => {
    await using host = createHost();
    if (what === 'middleware') host.app.use('*', (c) => Promise.resolve(c.text('no', 401)));
    else host.app.notFound((c) => c.text('nothing', 404));
    host.mount('/mounted', await guest('hello'));
    const { address } = await host.listen(LOCALHOST);
    const reply = await requestRaw(`http://127.0.0.1:${address.port}`, connectTo('test:443'));
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.status).toBeLessThan(500);
  });
});
