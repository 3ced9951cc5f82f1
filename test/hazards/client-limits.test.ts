import { describe, expect, test } from 'vitest';
import { type RawClient, type RawReply, connectRaw, rawGet, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { type Served, linesOf, noticesOf, serveGuest } from '../harness/serve-guest.ts';
import { until } from '../harness/until.ts';

const CHUNKED_POST = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n';
const MIB = 1024 * 1024;

function post(byteLength: number): string {
  return `POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${byteLength}\r\n\r\n`;
}

/** A reply of the host's, whole, after which the connection ends. */
async function expectLastReply(client: RawClient, status: number): Promise<RawReply> {
  const reply = await client.readReply();
  expect(reply).toMatchObject({ status, ending: 'framed' });
  expect(valuesOf(reply, 'connection')).toEqual(['close']);
  expect(await client.readEnding()).toBe('closed');
  return reply;
}

async function expectServed({ origin }: Served, path = '/'): Promise<void> {
  expect((await requestRaw(origin, rawGet(path))).status).toBe(200);
}

describe('a head', () => {
  test('larger than may be gets 431', async () => {
    await using served = await serveGuest('hello', { maxHeadBytes: 1024 });
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/', `a: ${'b'.repeat(1100)}`));
    await expectLastReply(client, 431);
    expect(noticesOf(served)).toEqual([expect.stringMatching(/^refused with 431: .* 1024 bytes \(--max-head\)/)]);
    await expectServed(served);
  });

  test.each([
    { count: 99, status: 200 },
    { count: 100, status: 431 },
    { count: 150, status: 431 },
    { count: 900, status: 431 },
  ])('with Host and $count fields more gets $status', async ({ count, status }) => {
    await using served = await serveGuest('headers');
    const lines = Array.from({ length: count }, (_, index) => `a${index}: b`);
    const reply = await requestRaw(served.origin, rawGet('/', ...lines));
    expect(reply.status).toBe(status);
    if (status === 200) expect(reply.body.split('\n').filter((line) => /^a\d+: /.test(line))).toHaveLength(count);
    else
      expect(noticesOf(served)).toEqual([expect.stringMatching(/^refused with 431: .* 100 fields \(--max-headers\)$/)]);
  });

  test('whose target is longer than may be gets 414', async () => {
    await using served = await serveGuest('hello', { maxTargetBytes: 100 });
    await expectServed(served, `/${'a'.repeat(99)}`);
    expect((await requestRaw(served.origin, rawGet(`/${'a'.repeat(100)}`))).status).toBe(414);
    expect(noticesOf(served)).toEqual([
      'refused with 414: the target of the request is longer than 100 bytes (--max-target)',
    ]);
  });
});

describe('a head that does not come within its time', () => {
  test.each([
    ['though it has begun', 'GET / HTTP/1.1\r\nHost:'],
    ['of which nothing comes', ''],
  ])('%s gets 408', async (_name, bytes) => {
    await using served = await serveGuest('hello', { headTimeoutMs: 50 });
    await using client = await connectRaw(served.origin);
    await client.send(bytes);
    await expectLastReply(client, 408);
    expect(noticesOf(served)).toEqual(['refused with 408: no whole head came within 50 ms (--head-timeout)']);
    await expectServed(served);
  });

  test('gets 408 though a byte of it comes now and then', async () => {
    await using served = await serveGuest('hello', { headTimeoutMs: 100 });
    await using client = await connectRaw(served.origin);
    await client.send('GET / HTTP/1.1\r\na: ');
    await until(async () => {
      await client.send('b');
      return noticesOf(served).length > 0;
    });
    await expectLastReply(client, 408);
  });

  test('gets 408 behind a request that was answered', async () => {
    await using served = await serveGuest('hello', { headTimeoutMs: 50 });
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/') + 'GET');
    expect((await client.readReply()).status).toBe(200);
    await expectLastReply(client, 408);
  });

  test('gets 408 behind a request that is at work, whose reply goes first', async () => {
    await using served = await serveGuest('sleep', { headTimeoutMs: 50 });
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?ms=300') + 'GET');
    expect((await client.readReply()).body).toBe('slept 300\n');
    await expectLastReply(client, 408);
  });
});

describe('a body of which nothing comes for too long', () => {
  test.each([
    ['by length', post(10) + 'hello'],
    ['in chunks', `${CHUNKED_POST}5\r\nhello\r\n`],
  ])('%s gets 408 if the guest waits for it', async (_name, bytes) => {
    await using served = await serveGuest('trailers', { bodyIdleTimeoutMs: 50 });
    await using client = await connectRaw(served.origin);
    await client.send(bytes);
    await expectLastReply(client, 408);
    expect(noticesOf(served)).toEqual([
      'refused with 408: nothing of the body of the request came within 50 ms (--body-idle-timeout)',
    ]);
    await until(() => served.host.inFlight === 0);
    await expectServed(served);
  });

  test('ends in a reset once the reply has begun', async () => {
    await using served = await serveGuest('echo', { bodyIdleTimeoutMs: 50 });
    await using client = await connectRaw(served.origin);
    await client.send(`${CHUNKED_POST}5\r\nhello\r\n`);
    expect(await client.readReply()).toMatchObject({ status: 200, body: 'hello', ending: 'reset' });
    await until(() => served.host.inFlight === 0);
  });

  test('does not matter to a guest that does not wait for it', async () => {
    await using served = await serveGuest('sleep', { bodyIdleTimeoutMs: 20 });
    const reply = await requestRaw(served.origin, post(10).replace('/', '/?ms=200'));
    expect(reply).toMatchObject({ status: 200, body: 'slept 200\n' });
  });

  test('is not one that comes slowly', async () => {
    await using served = await serveGuest('trailers', { bodyIdleTimeoutMs: 400 });
    await using slow = await connectRaw(served.origin);
    await slow.send(CHUNKED_POST);
    await using idle = await connectRaw(served.origin);
    await idle.send(CHUNKED_POST);
    await until(async () => {
      await slow.sendChunk('x');
      return noticesOf(served).length > 0;
    });
    await slow.sendChunk('');
    expect((await slow.readReply()).status).toBe(200);
    expect((await idle.readReply()).status).toBe(408);
  });
});

test('a connection is not kept for longer than it may be idle', async () => {
  await using served = await serveGuest('hello', { keepAliveTimeoutMs: 1 });
  await using client = await connectRaw(served.origin);
  await client.send(rawGet('/'));
  expect((await client.readReply()).status).toBe(200);
  expect(await client.readEnding()).toBe('closed');
});

describe('a body larger than may be', () => {
  const limits = { maxBodyBytes: 10 };
  const notice = 'refused with 413: the body of the request is larger than 10 bytes (--max-body)';

  test('by its length gets 413 immediately, and no guest runs', async () => {
    await using served = await serveGuest('print', limits);
    await using client = await connectRaw(served.origin);
    await client.send(post(11));
    await expectLastReply(client, 413);
    expect(linesOf(served, 'stdout')).toEqual([]);
    expect(noticesOf(served)).toEqual([notice]);
  });

  test('by its length gets 413 though its client sends all of it first', async () => {
    await using served = await serveGuest('echo', limits);
    await using client = await connectRaw(served.origin);
    await client.send(post(16 * MIB));
    await client.send(Buffer.alloc(16 * MIB));
    expect(await client.readReply()).toMatchObject({ status: 413, ending: 'framed' });
  });

  test('in chunks gets 413 if the reply has not begun', async () => {
    await using served = await serveGuest('trailers', limits);
    await using client = await connectRaw(served.origin);
    await client.send(`${CHUNKED_POST}6\r\nabcdef\r\n`);
    await until(() => served.host.inFlight === 1);
    await client.send('6\r\nabcdef\r\n');
    await expectLastReply(client, 413);
    expect(noticesOf(served)).toEqual([notice]);
    await expectServed(served);
  });

  test('in chunks ends in a reset once the reply has begun; the guest got no more than may be', async () => {
    await using served = await serveGuest('echo', limits);
    await using client = await connectRaw(served.origin);
    await client.send(CHUNKED_POST);
    await client.sendChunk('abcdef');
    await client.readHead();
    expect(await client.readChunk()).toBe('abcdef');
    await client.sendChunk('ghijkl');
    expect(await client.readChunk()).toEqual({ ending: 'reset' });
  });

  test('is not one of just that size', async () => {
    await using served = await serveGuest('echo', limits);
    expect((await requestRaw(served.origin, `${post(10)}0123456789`)).body).toBe('0123456789');
    const chunked = `${CHUNKED_POST}5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n`;
    expect((await requestRaw(served.origin, chunked)).body).toBe('0123456789');
  });

  test.each([
    ['by its length', { body: 'x'.repeat(11), headers: { 'content-length': '11' } }],
    ['as a stream', { body: new Blob(['x'.repeat(11)]).stream(), duplex: 'half' }],
  ])('in a Request, %s, gets 413', async (_name, init) => {
    await using served = await serveGuest('trailers', limits);
    const response = await served.host.fetch(new Request('http://test/', { method: 'POST', ...init }));
    expect(response.status).toBe(413);
  });
});

test('more trailers than may be are an error to the guest, not some of them', async () => {
  await using served = await serveGuest('echo', { maxHeaders: 10 });
  const trailers = Array.from({ length: 11 }, (_, index) => `a${index}: b\r\n`).join('');
  await using client = await connectRaw(served.origin);
  await client.send(`${CHUNKED_POST}1\r\nx\r\n`);
  expect((await client.readHead()).status).toBe(200);
  expect(await client.readChunk()).toBe('x');
  await client.send(`0\r\n${trailers}\r\n`);
  expect(await client.readEnding()).toBe('reset');
});

test('a connection more than may be is closed, until another ends', async () => {
  await using served = await serveGuest('hello', { maxConnections: 2 });
  await using first = await connectRaw(served.origin);
  await using second = await connectRaw(served.origin);
  for (const client of [first, second]) {
    await client.send(rawGet('/'));
    expect((await client.readReply()).status).toBe(200);
  }
  await using third = await connectRaw(served.origin);
  expect(await third.readEnding()).not.toBe('framed');
  expect(noticesOf(served)).toEqual(['closed: 2 connections are open (--max-connections)']);

  await first[Symbol.asyncDispose]();
  await until(async () => {
    const reply = await requestRaw(served.origin, rawGet('/')).catch(() => undefined);
    return reply?.status === 200;
  });
});

describe('a client that takes nothing of its reply', () => {
  const NOTICE = 'reset: a client took nothing of its reply for 100 ms (--write-timeout)';

  test.each([
    ['while the guest has more', `/?bytes=${1024 * MIB}`],
    ['when the guest is done', `/?bytes=${16 * MIB}`],
  ])('is reset, %s', async (_name, path) => {
    await using served = await serveGuest('flood', { writeTimeoutMs: 100, timeoutMs: 0 });
    await using client = await connectRaw(served.origin);
    await client.send(rawGet(path));
    await until(() => noticesOf(served).length > 0);
    expect(noticesOf(served)).toEqual([NOTICE]);
    expect((await client.readReply()).ending).toBe('reset');
    await until(() => served.host.inFlight === 0);
  });

  test('is not one that reads on, nor one whose guest takes its time', async () => {
    await using served = await serveGuest('sleep', { writeTimeoutMs: 10 });
    expect((await requestRaw(served.origin, rawGet('/?ms=200'))).body).toBe('slept 200\n');
    expect(noticesOf(served)).toEqual([]);
  });
});
