import { describe, expect, test } from 'vitest';
import { nodeWays } from '../harness/matrix.ts';
import { connectRaw, rawGet, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { serveGuest } from '../harness/serve-guest.ts';

const HELLO = 'Hello from wasi-serve!\n';

describe.each(nodeWays)('$engine $isolation', (way) => {
  test('two requests go over one connection', async () => {
    await using served = await serveGuest('hello', {}, way);
    await using client = await connectRaw(served.origin);
    for (let count = 0; count < 2; count += 1) {
      await client.send(rawGet('/'));
      expect(await client.readReply()).toMatchObject({ status: 200, body: HELLO, ending: 'framed' });
    }
  });

  test('three requests in one packet are answered in order', async () => {
    await using served = await serveGuest('sleep', {}, way);
    await using client = await connectRaw(served.origin);
    await client.send(['/?ms=30', '/?ms=1', '/?ms=10'].map((path) => rawGet(path)).join(''));
    const bodies: string[] = [];
    for (let count = 0; count < 3; count += 1) bodies.push((await client.readReply()).body);
    expect(bodies).toEqual(['slept 30\n', 'slept 1\n', 'slept 10\n']);
  });

  test.each([1, 64])('%i concurrent connections are all answered', async (count) => {
    await using served = await serveGuest('hello', {}, way);
    const replies = await Promise.all(Array.from({ length: count }, () => requestRaw(served.origin, rawGet('/'))));
    expect(replies.filter(({ body }) => body === HELLO)).toHaveLength(count);
  });

  test('a client that asks for it gets its connection closed', async () => {
    await using served = await serveGuest('hello', {}, way);
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/', 'Connection: close'));
    const reply = await client.readReply();
    expect(valuesOf(reply, 'connection')).toEqual(['close']);
    expect(await client.readEnding()).toBe('closed');
  });

  test('a client that closes its sending side still gets its reply', async () => {
    await using served = await serveGuest('sleep', {}, way);
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?ms=20', 'Connection: close'));
    client.halfClose();
    expect(await client.readReply()).toMatchObject({ status: 200, body: 'slept 20\n' });
  });

  describe('HTTP/1.0', () => {
    test('has its reply', async () => {
      await using served = await serveGuest('hello', {}, way);
      const reply = await requestRaw(served.origin, 'GET / HTTP/1.0\r\nHost: test\r\n\r\n');
      expect(reply).toMatchObject({ status: 200, body: HELLO });
    });

    test('has a body of unknown length without chunks, ended by the connection', async () => {
      await using served = await serveGuest('slow-body', {}, way);
      const reply = await requestRaw(served.origin, 'GET /?chunks=3&ms=1 HTTP/1.0\r\nHost: test\r\n\r\n');
      expect(valuesOf(reply, 'transfer-encoding')).toEqual([]);
      expect(reply).toMatchObject({ body: 'chunk 0\nchunk 1\nchunk 2\n', ending: 'closed' });
    });

    test('a broken reply ends with a reset', async () => {
      await using served = await serveGuest('trap-after', {}, way);
      const reply = await requestRaw(served.origin, 'GET /?ms=20 HTTP/1.0\r\nHost: test\r\n\r\n');
      expect(reply.ending).toBe('reset');
    });
  });

  describe('a reply without a body on the wire leaves the connection in order', () => {
    test.each([
      { name: 'slow-body', method: 'HEAD', path: '/?chunks=2&ms=1', status: 200 },
      { name: 'hello', method: 'HEAD', path: '/', status: 200 },
      { name: 'flood', method: 'HEAD', path: '/?bytes=3000000', status: 200 },
      { name: 'status', method: 'GET', path: '/?code=204', status: 204 },
      { name: 'status', method: 'GET', path: '/?code=304', status: 304 },
    ])('$method $path of $name', async ({ name, method, path, status }) => {
      await using served = await serveGuest(name, {}, way);
      await using client = await connectRaw(served.origin);
      for (let count = 0; count < 2; count += 1) {
        await client.send(`${method} ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
        expect(await client.readReply({ method })).toMatchObject({ status, body: '', ending: 'framed' });
      }
    });
  });

  describe('fields on the wire', () => {
    test('keep their order and repetitions', async () => {
      await using served = await serveGuest('headers', {}, way);
      const { headerLines } = await requestRaw(served.origin, rawGet('/'));
      expect(headerLines.filter((line) => /^(set-cookie|x-)/i.test(line))).toEqual([
        'set-cookie: a=1',
        'set-cookie: b=2',
        'x-latin: caf\u{e9}',
        'x-order-1: first',
        'x-order-2: second',
        'x-order-1: third',
      ]);
    });

    test('reach the guest in order, repetitions and bytes kept', async () => {
      await using served = await serveGuest('headers', {}, way);
      const lines = ['X-B: 1', 'X-A: caf\u{e9}', 'X-B: 3', 'Cookie: a=1', 'Cookie: b=2', 'X-Empty:'];
      const { body } = await requestRaw(served.origin, rawGet('/', ...lines));
      const fields = body.split('\n').map((line) => {
        const [name = '', hex = ''] = line.split(': ');
        return `${name}: ${Buffer.from(hex, 'hex').toString('latin1')}`;
      });
      expect(fields.slice(0, 6)).toEqual([
        'x-b: 1',
        'x-a: caf\u{e9}',
        'x-b: 3',
        'cookie: a=1',
        'cookie: b=2',
        'x-empty: ',
      ]);
    });

    test.each(['/a/../b', '/%2e%2e/', '/a%20b', '/?%zz', '//a', '/%C3%A9', '/\'"<>|{}', '/?a#b'])(
      'the path %j reaches the guest as it is',
      async (path) => {
        await using served = await serveGuest('head', {}, way);
        const { body } = await requestRaw(served.origin, rawGet(path));
        expect(body).toContain(`path-with-query: ${path}\n`);
      },
    );

    test('a path with bytes beyond ASCII is status 400', async () => {
      await using served = await serveGuest('head', {}, way);
      expect((await requestRaw(served.origin, rawGet('/\u{e9}'))).status).toBe(400);
    });

    test('OPTIONS * reaches the guest', async () => {
      await using served = await serveGuest('head', {}, way);
      const { body } = await requestRaw(served.origin, 'OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n');
      expect(body).toContain('path-with-query: *\n');
    });

    test('an absolute target determines the authority', async () => {
      await using served = await serveGuest('head', {}, way);
      const { body } = await requestRaw(
        served.origin,
        'GET http://other.example:81/p?q HTTP/1.1\r\nHost: test\r\n\r\n',
      );
      expect(body).toContain('authority: other.example:81\npath-with-query: /p?q\n');
    });
  });

  describe('Expect: 100-continue', () => {
    const head = 'POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n';

    test('is answered when the guest reads the body', async () => {
      await using served = await serveGuest('echo', {}, way);
      await using client = await connectRaw(served.origin);
      await client.send(head);
      expect((await client.readHead()).status).toBe(100);
      await client.send('body');
      expect((await client.readReply()).body).toBe('body');
    });

    test('is not if the guest never does, and the connection is not used again', async () => {
      await using served = await serveGuest('hello', {}, way);
      await using client = await connectRaw(served.origin);
      await client.send(head);
      const reply = await client.readHead();
      expect(reply.status).toBe(200);
      expect(valuesOf(reply, 'connection')).toEqual(['close']);
    });
  });
});
