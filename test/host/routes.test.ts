import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { bearerAuth } from 'hono/bearer-auth';
import { describe, expect, test, vi } from 'vitest';
import { type Handler, type Host, type HostOptions, type ListenerOptions, createHost } from '../../src/index.ts';
import { guest } from '../harness/guests.ts';
import { type Observed, type Served, failuresOf, noticesOf, observe, untilAnswered } from '../harness/serve-guest.ts';

/** A host on a port that records what it logs. */
async function serving(
  prepare: (host: Host) => void | Promise<void>,
  options: HostOptions & ListenerOptions = {},
): Promise<Served> {
  const { observed, log } = observe({});
  const host = createHost(options, log);
  await prepare(host);
  const { address } = await host.listen({ hostname: '127.0.0.1', port: 0 });
  return {
    ...observed,
    host,
    origin: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => void (await host.close(5000)),
  };
}

/** Sends half of a reply, and forgets the rest. */
const answerHalf: Handler['answer'] = ({ reply }) => {
  reply.start({ status: 200, fields: [], framing: { by: 'chunks' } });
  reply.write(Buffer.from('half'));
};

/** All that comes back on a connection of its own for bytes as they are. */
async function exchangeRaw(origin: string, request: string): Promise<string> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.write(Buffer.from(request, 'latin1'));
  return await text(socket.setEncoding('latin1'));
}

async function textOf(url: string, init?: RequestInit): Promise<string> {
  return await (await fetch(url, { ...init, headers: { connection: 'close' } })).text();
}

const hello = await guest('hello');
const head = await guest('head');
const env = await guest('env');

describe('components at routes', () => {
  test('each answers below its path, and sees the whole path', async () => {
    await using served = await serving((host) => {
      host.mount('/', hello);
      host.mount('/head', head);
    });
    expect(await textOf(`${served.origin}/x`)).toBe('Hello from wasi-serve!\n');
    expect(await textOf(`${served.origin}/head/a%2Fb?c=/d`)).toContain('path-with-query: /head/a%2Fb?c=/d\n');
    expect(await (await served.host.fetch('/head/x')).text()).toContain('path-with-query: /head/x\n');
  });

  test('each answers to its host', async () => {
    await using served = await serving((host) => {
      host.mount({ host: 'one.example' }, env, { env: { WHO: 'one' } });
      host.mount({ host: 'two.example', path: '/' }, env, { env: { WHO: 'two' } });
    });
    const ask = (host: string): Promise<string> =>
      exchangeRaw(served.origin, `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
    expect(await ask('One.Example:80')).toContain('WHO=one\n');
    expect(await ask('two.example')).toContain('WHO=two\n');
    expect(await ask('three.example')).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    expect(await (await served.host.fetch('http://two.example/')).text()).toContain('WHO=two\n');
  });

  test('one keeps header bytes, trailers and the order of fields though others are mounted beside it', async () => {
    await using served = await serving(async (host) => {
      host.mount('/', hello);
      host.mount('/echo', await guest('echo'));
      host.mount('/headers', await guest('headers'));
    });
    const trailers =
      'POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n2\r\nhi\r\n0\r\nx-sum: 7\r\n\r\n';
    expect(await exchangeRaw(served.origin, trailers)).toMatch(/2\r\nhi\r\n0\r\nx-sum: 7\r\n\r\n$/);
    const raw = await exchangeRaw(served.origin, 'GET /headers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(raw).toContain('\u00e9');
  });

  test('a component can be mounted while the host serves', async () => {
    await using served = await serving((host) => host.mount('/', hello));
    expect(await textOf(`${served.origin}/head`)).toBe('Hello from wasi-serve!\n');
    served.host.mount('/head', head);
    expect(await textOf(`${served.origin}/head`)).toContain('path-with-query: /head\n');
  });

  test('each has its own time limit', async () => {
    const sleep = await guest('sleep');
    await using served = await serving((host) => {
      host.mount('/long', sleep, { timeoutMs: 0 });
      host.mount('/short', sleep, { timeoutMs: 50 });
    });
    const leaving = new AbortController();
    const long = served.host.fetch('/long?ms=60000', { signal: leaving.signal });
    expect((await served.host.fetch('/short?ms=60000')).status).toBe(504);
    leaving.abort();
    await expect(long).rejects.toThrow();
  });

  test('all share the places of their host', async () => {
    const sleep = await guest('sleep');
    await using served = await serving(
      (host) => {
        host.mount('/one', sleep, { timeoutMs: 0 });
        host.mount('/two', hello);
      },
      { maxConcurrentRequests: 1, maxQueuedRequests: 1 },
    );
    const leaving = new AbortController();
    const long = served.host.fetch('/one?ms=60000', { signal: leaving.signal });
    const waiting = served.host.fetch('/two');
    expect((await served.host.fetch('/two')).status).toBe(503);
    expect(served.host.load).toMatchObject({ requestsInFlight: 1, requestsQueued: 1 });
    leaving.abort();
    await expect(long).rejects.toThrow();
    expect((await waiting).status).toBe(200);
  });
});

describe('a request without a route', () => {
  test('gets 404 in one line, is logged and counted', async () => {
    await using served = await serving((host) => host.mount('/api', hello));
    const response = await fetch(`${served.origin}/other`, { headers: { connection: 'close' } });
    expect(response.status).toBe(404);
    expect(await response.text()).toMatch(/^404 Not Found: there is no route for the request \(request \S+\)\n$/);
    expect(await untilAnswered(served)).toMatchObject({
      component: 'host',
      status: 404,
      instance: 'none',
      path: '/other',
    });
    expect(noticesOf(served)).toEqual(['refused with 404: there is no route for the request']);
    expect((await served.host.fetch('/other')).status).toBe(404);
  });

  test('and a body gets 404, and its connection is used again', async () => {
    await using served = await serving((host) => host.mount('/api', hello));
    const request = 'POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello';
    const next = 'GET /api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    expect(await exchangeRaw(served.origin, request + next)).toMatch(/^HTTP\/1\.1 404 [^]*HTTP\/1\.1 200 OK/);
  });

  test('is refused as usual if it is malformed', async () => {
    await using served = await serving(() => undefined);
    expect(await exchangeRaw(served.origin, 'GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

function blamesOf({ events }: Observed): string[] {
  return events.all.flatMap((event) => (event.at === 'request-failed' ? [event.blame] : []));
}

describe('another handler', () => {
  const redirect: Handler = {
    label: 'redirect',
    answer: ({ head: { pathWithQuery }, reply }) => {
      const fields = [['location', `https://new.example${pathWithQuery}`]] as const;
      reply.whole({ status: 308, fields, framing: { by: 'length', byteLength: 0 } }, new Uint8Array());
    },
  };

  test('answers its route, and its requests are logged', async () => {
    await using served = await serving((host) => host.mount('/old', redirect));
    const response = await fetch(`${served.origin}/old?x`, { redirect: 'manual', headers: { connection: 'close' } });
    expect([response.status, response.headers.get('location')]).toEqual([308, 'https://new.example/old?x']);
    expect(await untilAnswered(served)).toMatchObject({ component: 'redirect', status: 308, end: 'complete' });
    expect((await served.host.fetch('/old')).status).toBe(308);
  });

  test.each<[string, Handler['answer'], string]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      'broken',
    ],
    ['rejects', () => Promise.reject(new Error('broken')), 'broken'],
    ['returns without a reply', () => undefined, 'its handler has returned without a whole reply'],
  ])('that %s ends its request with 500', async (_what, answer, message) => {
    await using served = await serving((host) => host.mount('/', { answer }));
    expect((await fetch(served.origin, { headers: { connection: 'close' } })).status).toBe(500);
    expect(failuresOf(served)).toEqual([message]);
    expect(await untilAnswered(served)).toMatchObject({ component: 'handler', status: 500 });
  });

  test('that returns within its reply has it broken off', async () => {
    await using served = await serving((host) => host.mount('/', { answer: answerHalf }));
    await expect(textOf(served.origin)).rejects.toThrow();
    expect(await untilAnswered(served)).toMatchObject({ status: 200, end: 'aborted' });
    expect(blamesOf(served)).toEqual(['host', 'host']);
  });

  test('sees no request that is malformed', async () => {
    const seen: string[] = [];
    const answer: Handler['answer'] = ({ head: { method } }) => void seen.push(method);
    await using served = await serving((host) => host.mount('/', { answer }));
    expect(await exchangeRaw(served.origin, 'GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(seen).toEqual([]);
  });

  test('is waited for when the host closes, then told', async () => {
    const told: string[] = [];
    const gate = Promise.withResolvers<void>();
    const handler: Handler = {
      answer: async ({ reply }) => {
        await gate.promise;
        reply.whole({ status: 204, fields: [], framing: { by: 'absence' } }, new Uint8Array());
        told.push('answered');
      },
      listening: () => void told.push('listening'),
      [Symbol.asyncDispose]: async () => void told.push('closed'),
    };
    await using served = await serving((host) => host.mount('/', handler));
    const response = served.host.fetch('/');
    const closed = served.host.close(5000);
    gate.resolve();
    expect((await response).status).toBe(204);
    expect(await closed).toBe(0);
    expect(told).toEqual(['listening', 'answered', 'closed']);
  });

  test('that goes on for ever is broken off when the host closes', async () => {
    const { host } = await serving((one) => one.mount('/', { answer: () => new Promise<void>(() => undefined) }));
    const response = host.fetch('/');
    expect(await host.close(50)).toBe(1);
    expect((await response).status).toBe(503);
  });
});

describe('the app of a host', () => {
  test('has routes beside components', async () => {
    await using served = await serving((host) => {
      host.mount('/', hello);
      host.app.get('/version', (c) => c.json({ version: 7 }));
    });
    expect(await textOf(`${served.origin}/version`)).toBe('{"version":7}');
    expect(await textOf(`${served.origin}/other`)).toBe('Hello from wasi-serve!\n');
    expect(await (await served.host.fetch('/version')).json()).toEqual({ version: 7 });
    expect(await (await served.host.fetch('/')).text()).toBe('Hello from wasi-serve!\n');
    expect((await fetch(`${served.origin}/version`, { method: 'HEAD' })).status).toBe(200);
  });

  test('has middleware around components, whichever was there first', async () => {
    await using served = await serving((host) => {
      host.mount('/head', head);
      host.app.use('/head/*', async (c, next) => {
        c.header('x-before', 'yes');
        await next();
        c.header('x-after', `${c.res.status}`);
      });
    });
    const response = await fetch(`${served.origin}/head/x?y=1`, { headers: { connection: 'close' } });
    expect(response.headers.get('x-before')).toBe('yes');
    expect(response.headers.get('x-after')).toBe('200');
    expect(await response.text()).toContain('path-with-query: /head/x?y=1\n');
    expect(await untilAnswered(served)).toMatchObject({ status: 200, instance: 'reset' });
  });

  test('leaves header bytes and trailers to requests that none of its routes matches', async () => {
    await using served = await serving(async (host) => {
      host.app.use('/admin/*', async (_c, next) => await next());
      host.mount('/', await guest('trailers'));
    });
    const request = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    expect(await exchangeRaw(served.origin, request)).toMatch(/0\r\nx-checksum: ok\r\n\r\n$/);
    const wrapped = 'GET /admin/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    expect(await exchangeRaw(served.origin, wrapped)).not.toContain('x-checksum: ok');
  });

  test.each(['/admin/x', '/%61dmin/x', '/x/../admin/x', '/x/%2e%2e/admin/x', '/./admin/x', '/admin/%2e/x'])(
    'no spelling of a path gets round its middleware: %s',
    async (path) => {
      await using served = await serving((host) => {
        host.app.use('/admin/*', bearerAuth({ token: 'secret' }));
        host.mount('/', hello);
      });
      const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      expect(await exchangeRaw(served.origin, request)).toMatch(/^HTTP\/1\.1 401 /);
      const absolute = `GET http://x${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      expect(await exchangeRaw(served.origin, absolute)).toMatch(/^HTTP\/1\.1 401 /);
    },
  );

  test('has a page of its own for what nobody answers', async () => {
    await using served = await serving((host) => {
      host.mount('/api', hello);
      host.app.notFound((c) => c.text('nobody here', 404));
    });
    expect(await textOf(`${served.origin}/other`)).toBe('nobody here');
    expect(await textOf(`${served.origin}/api`)).toBe('Hello from wasi-serve!\n');
    expect(await (await served.host.fetch('/other')).text()).toBe('nobody here');
  });

  test('answers 404 in one line where neither it nor a route answers', async () => {
    await using served = await serving((host) => void host.app.use('*', async (_c, next) => await next()));
    expect(await textOf(`${served.origin}/x`)).toBe('404 Not Found: there is no route for the request\n');
    expect(await untilAnswered(served)).toMatchObject({ component: 'app', status: 404, path: '/x' });
  });

  test('that throws gives 500, and is logged', async () => {
    await using served = await serving((host) => {
      host.app.get('/broken', () => {
        throw new Error('broken');
      });
    });
    expect(await textOf(`${served.origin}/broken`)).toBe('500 Internal Server Error\n');
    expect(failuresOf(served)).toEqual(['broken']);
    expect((await served.host.fetch('/broken')).status).toBe(500);
  });

  test('that breaks its own reply has it logged as broken off', async () => {
    await using served = await serving((host) => {
      host.app.get('/half', () => {
        const body = new ReadableStream({
          pull: (controller) => {
            controller.enqueue(Buffer.from('half'));
            controller.error(new Error('broken'));
          },
        });
        return new Response(body, { headers: { 'transfer-encoding': 'chunked' } });
      });
    });
    await expect(textOf(`${served.origin}/half`)).rejects.toThrow();
    expect(await untilAnswered(served)).toMatchObject({ component: 'app', status: 200, end: 'aborted' });
  });

  test.each(['OPTIONS * HTTP/1.1', 'GET /\\admin HTTP/1.1'])('answers 400 to what has no URL: %s', async (line) => {
    await using served = await serving((host) => {
      host.app.use('*', bearerAuth({ token: 'secret' }));
      host.mount('/', hello);
    });
    expect(await exchangeRaw(served.origin, `${line}\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 400 /,
    );
  });

  test('reads a body within the limits for clients', async () => {
    await using served = await serving(
      (host) => void host.app.post('/upload', async (c) => c.text(`${(await c.req.text()).length}`)),
      { maxBodyBytes: 100_000 },
    );
    expect(await textOf(`${served.origin}/upload`, { method: 'POST', body: 'x'.repeat(100_000) })).toBe('100000');
    const chunks = new Blob(['x'.repeat(200_000)]).stream();
    const init = { method: 'POST', body: chunks, duplex: 'half' as const, headers: { connection: 'close' } };
    expect((await fetch(`${served.origin}/upload`, init)).status).toBe(413);
    expect(noticesOf(served)).toEqual([
      'refused with 413: the body of the request is larger than 100000 bytes (--max-body)',
    ]);
  });

  test('sends 100 Continue when it reads', async () => {
    await using served = await serving((host) => void host.app.post('/', async (c) => c.text(await c.req.text())));
    const socket = connect(Number(new URL(served.origin).port), '127.0.0.1').setEncoding('utf8');
    socket.write(
      'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
    );
    const chunks = socket[Symbol.asyncIterator]();
    expect((await chunks.next()).value).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('hi');
    expect(await text(socket)).toMatch(/\r\n\r\nhi$/);
  });

  test('gives components the body that middleware has read', async () => {
    await using served = await serving(async (host) => {
      host.app.use('/echo', async (c, next) => {
        expect(await c.req.text()).toBe('to and fro');
        await next();
      });
      host.mount('/echo', await guest('echo'));
    });
    expect(await textOf(`${served.origin}/echo`, { method: 'POST', body: 'to and fro' })).toBe('to and fro');
  });

  test('never makes a broken reply of a component look whole, even to HTTP/1.0', async () => {
    await using served = await serving(async (host) => {
      host.app.use('*', async (_c, next) => await next());
      host.mount('/', await guest('trap-after'));
    });
    await expect(exchangeRaw(served.origin, 'GET / HTTP/1.0\r\nHost: x\r\n\r\n')).rejects.toThrow('ECONNRESET');
  });

  test('does not let a client that takes nothing keep a place that others wait for', async () => {
    await using served = await serving(
      async (host) => {
        host.app.use('*', async (_c, next) => await next());
        host.mount('/flood', await guest('flood'));
        host.mount('/', hello);
      },
      { maxConcurrentRequests: 1, bodyGraceMs: 100 },
    );
    const slow = connect(Number(new URL(served.origin).port), '127.0.0.1').pause();
    const gone = new Promise((resolve) => slow.once('close', resolve));
    slow.on('error', () => undefined);
    slow.write('GET /flood?bytes=1000000000 HTTP/1.1\r\nHost: x\r\n\r\n');
    await vi.waitUntil(() => served.host.inFlight === 1);
    expect(await textOf(served.origin)).toBe('Hello from wasi-serve!\n');
    expect(noticesOf(served)[0]).toMatch(/^reset: /);
    slow.resume();
    await gone;
  });

  test('is waited for when the host closes', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { host, origin } = await serving((one) => {
      one.app.use('*', async (_c, next) => {
        begun.resolve();
        await gate.promise;
        await next();
      });
      one.mount('/', hello);
    });
    const response = textOf(origin);
    await begun.promise;
    const closed = host.close(5000);
    gate.resolve();
    expect(await response).toBe('Hello from wasi-serve!\n');
    expect(await closed).toBe(0);
  });

  test('is not waited for for ever', async () => {
    const begun = Promise.withResolvers<void>();
    const { host, origin } = await serving((one) => {
      one.app.get('/', () => {
        begun.resolve();
        return new Promise(() => undefined);
      });
    });
    const response = textOf(origin);
    await begun.promise;
    const refused = expect(response).rejects.toThrow();
    expect(await host.close(50)).toBe(1);
    await refused;
  });
});

test('listeners of a host have bounds of their own', async () => {
  const { log } = observe({});
  await using host = createHost({ maxTargetBytes: 100 }, log);
  host.mount('/', hello);
  const [narrow, wide] = await Promise.all(
    [{}, { maxTargetBytes: 1000 }].map((options) => host.listen({ hostname: '127.0.0.1', port: 0 }, options)),
  );
  const statuses = [narrow, wide].map(async (listening) => {
    const url = `http://127.0.0.1:${listening?.address.port}/${'x'.repeat(500)}`;
    return (await fetch(url, { headers: { connection: 'close' } })).status;
  });
  expect(await Promise.all(statuses)).toEqual([414, 200]);
});
