import { describe, expect, test } from 'vitest';
import { connectRaw, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { linesOf, serveGuest } from '../harness/serve-guest.ts';
import { startUpstream } from '../harness/upstream.ts';
import { until } from '../harness/until.ts';

function post(path: string, ...lines: string[]): string {
  return [`POST ${path} HTTP/1.1`, 'Host: test', 'Content-Length: 4', ...lines, '', ''].join('\r\n');
}

const EXPECTING = 'Expect: 100-continue';

describe('a client that expects 100-continue', () => {
  test('gets 100 when the guest reads, and its reply after the body', async () => {
    await using served = await serveGuest('echo');
    await using client = await connectRaw(served.origin);
    await client.send(post('/', EXPECTING));
    expect((await client.readHead()).statusLine).toBe('HTTP/1.1 100 Continue');

    await client.send('body');
    const reply = await client.readReply();
    expect(reply).toMatchObject({ status: 200, body: 'body', ending: 'framed' });
    expect(valuesOf(reply, 'connection')).toEqual(['keep-alive']);
    await client.send(post('/') + 'next');
    expect((await client.readReply()).body).toBe('next');
  });

  test('gets the reply of a guest that never reads, and no 100; the connection closes', async () => {
    await using served = await serveGuest('after-reply');
    await using client = await connectRaw(served.origin);
    await client.send(post('/?ms=50', EXPECTING));
    const reply = await client.readReply();
    expect(reply).toMatchObject({ status: 200, body: 'early\n' });
    expect(valuesOf(reply, 'connection')).toEqual(['close']);
    expect(await client.readEnding()).toBe('closed');
    await until(() => linesOf(served, 'stdout').length === 1);
  });

  test('gets no 100 before the replies to its earlier requests', async () => {
    await using upstream = await startUpstream((_incoming, outgoing) => setTimeout(() => outgoing.end('first'), 50));
    await using served = await serveGuest('outbound-post');
    await using client = await connectRaw(served.origin);
    await client.send(post(`/?url=${upstream.origin}/`) + 'body' + post(`/?url=${upstream.origin}/`, EXPECTING));

    expect((await client.readReply()).body).toBe('first');
    expect((await client.readHead()).status).toBe(100);
    await client.send('body');
    expect((await client.readReply()).status).toBe(200);
  });

  test('but does not wait for it gets no 100 between its head and its body', async () => {
    await using upstream = await startUpstream((incoming, outgoing) => outgoing.end(incoming.url));
    await using served = await serveGuest('outbound-post');
    await using client = await connectRaw(served.origin);
    const second = post(`/?url=${upstream.origin}/second`, EXPECTING) + 'body';
    await client.send(`${post(`/?url=${upstream.origin}/first`)}body${second}`);

    expect((await client.readReply()).body).toBe('/first');
    expect((await client.readHead()).status).toBe(100);
    expect(await client.readReply()).toMatchObject({ status: 200, body: '/second', ending: 'framed' });
  });

  test('and has no body to send gets its reply', async () => {
    await using served = await serveGuest('hello');
    await using client = await connectRaw(served.origin);
    await client.send(`GET / HTTP/1.1\r\nHost: test\r\n${EXPECTING}\r\n\r\n`);
    expect((await client.readHead()).status).toBe(200);
  });

  test('in HTTP/1.0 gets no interim response', async () => {
    await using served = await serveGuest('echo');
    await using client = await connectRaw(served.origin);
    await client.send(post('/', EXPECTING).replace('HTTP/1.1', 'HTTP/1.0') + 'body');
    expect((await client.readHead()).status).toBe(200);
  });
});

test('a client that sends its body without waiting for 100 is answered', async () => {
  await using served = await serveGuest('echo');
  await using client = await connectRaw(served.origin);
  await client.send(post('/', EXPECTING) + 'body');
  expect(await client.readReply()).toMatchObject({ status: 200, body: 'body', ending: 'framed' });
});

test.each([
  ['empty', 'Expect:', 'HTTP/1.1'],
  ['given twice', `${EXPECTING}, 100-Continue`, 'HTTP/1.1'],
  ['unknown', 'Expect: magic', 'HTTP/1.1'],
  ['unknown, of HTTP/1.0', 'Expect: magic', 'HTTP/1.0'],
  ['almost known', 'Expect: 100-continue=1', 'HTTP/1.1'],
])('an expectation that is %s stands in no way', async (_what, line, version) => {
  await using served = await serveGuest('echo');
  const reply = await requestRaw(served.origin, post('/', line).replace('HTTP/1.1', version) + 'body');
  expect(reply).toMatchObject({ status: 200, body: 'body' });
});

test('an unknown expectation beside 100-continue does not keep the interim reply back', async () => {
  await using served = await serveGuest('echo');
  await using client = await connectRaw(served.origin);
  await client.send(post('/', `${EXPECTING}, magic`));
  expect((await client.readHead()).status).toBe(100);
  await client.send('body');
  expect(await client.readReply()).toMatchObject({ status: 200, body: 'body' });
});

test('requests with an expectation wait for their turn as others do', async () => {
  await using served = await serveGuest('echo', { maxConcurrentRequests: 1, maxQueuedRequests: 0, maxPipelined: 5 });
  await using client = await connectRaw(served.origin);
  await client.send((post('/', EXPECTING) + 'body').repeat(100));
  for (let reply = 0; reply < 100; reply += 1) expect((await client.readReply()).body).toBe('body');
});
