import { describe, expect, test } from 'vitest';
import type { ServeOptions } from '../../src/index.ts';
import { type RawClient, connectRaw, rawGet, requestRaw } from '../harness/raw-client.ts';
import { type Served, failuresOf, linesOf, serveGuest, untilAnswered } from '../harness/serve-guest.ts';
import { leftovers, listenersOf, openServerSockets, untilNothingIsLeft } from '../harness/leftovers.ts';
import { until, untilStalled } from '../harness/until.ts';

/** A phase of a request in which its client may leave, with a guest at work. */
interface Phase {
  readonly phase: string;
  readonly guest: string;
  /** Brings the request into the phase. */
  readonly reach: (client: RawClient, served: Served) => Promise<unknown>;
  /** What the same guest answers immediately. */
  readonly next: string;
}

const CHUNKED_POST = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n';

const phases: readonly Phase[] = [
  {
    phase: 'while the guest sleeps before its head',
    guest: 'sleep',
    reach: async (client, { host }) => {
      await client.send(rawGet('/?ms=60000'));
      await until(() => host.inFlight === 1);
    },
    next: '/?ms=0',
  },
  {
    phase: 'while it sends its body, of which nothing has come',
    guest: 'echo',
    reach: async (client, { host }) => {
      await client.send(CHUNKED_POST);
      await until(() => host.inFlight === 1);
    },
    next: '/',
  },
  {
    phase: 'while it sends its body, in the middle of an echo',
    guest: 'echo',
    reach: async (client) => {
      await client.send(CHUNKED_POST);
      await client.sendChunk('half');
      await client.readHead();
      expect(await client.readChunk()).toBe('half');
    },
    next: '/',
  },
  {
    phase: 'during a reply that comes slowly',
    guest: 'slow-body',
    reach: async (client) => {
      await client.send(rawGet('/?chunks=100000&ms=5'));
      await client.readHead();
      await client.readChunk();
    },
    next: '/?chunks=1',
  },
  {
    phase: 'during a reply that comes fast',
    guest: 'flood',
    reach: async (client) => {
      await client.send(rawGet('/?bytes=100000000000'));
      await client.readHead();
      await client.readChunk();
    },
    next: '/?bytes=1',
  },
  {
    phase: 'during a reply that it does not read',
    guest: 'flood',
    reach: async (client, served) => {
      await client.send(rawGet('/?bytes=100000000000&progress=1'));
      await untilStalled(served);
    },
    next: '/?bytes=1',
  },
];

const ways = {
  closes: (client: RawClient) => void client.socket.destroy(),
  resets: (client: RawClient) => client.reset(),
};

describe.each(Object.entries(ways))('a client that %s', (_way, leave) => {
  test.each(phases)('$phase ends its guest', async ({ guest, reach, next }) => {
    await using served = await serveGuest(guest);
    const start = leftovers(served.host);
    const client = await connectRaw(served.origin);
    await reach(client, served);
    leave(client);

    expect((await untilAnswered(served)).end).toBe('client-left');
    await until(() => served.host.inFlight === 0);
    // A guest that notices it by itself may return before it is cancelled.
    expect(['the client left', undefined]).toContain(failuresOf(served)[0]);
    expect(failuresOf(served).length).toBeLessThan(2);
    expect((await requestRaw(served.origin, rawGet(next))).status).toBe(200);
    await untilNothingIsLeft(served.host, start);
  });

  test.each(phases)('$phase ends its guest after the grace', async ({ guest, reach, next }) => {
    await using served = await serveGuest(guest, { graceMs: 20 });
    const start = leftovers(served.host);
    const client = await connectRaw(served.origin);
    await reach(client, served);
    leave(client);

    expect((await untilAnswered(served)).end).toBe('client-left');
    await until(() => served.host.inFlight === 0);
    expect((await requestRaw(served.origin, rawGet(next))).status).toBe(200);
    await untilNothingIsLeft(served.host, start);
  });

  test('before its head is complete starts no guest', async () => {
    await using served = await serveGuest('hello');
    const start = leftovers(served.host);
    const client = await connectRaw(served.origin);
    await client.send('GET / HTTP/1.1\r\nHost: te');
    leave(client);

    expect((await requestRaw(served.origin, rawGet('/next'))).status).toBe(200);
    await untilNothingIsLeft(served.host, start);
    expect(served.events.all).toHaveLength(1);
  });

  test('before its body is complete starts no reply that looks complete', async () => {
    await using served = await serveGuest('trailers');
    const client = await connectRaw(served.origin);
    await client.send('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf');
    await until(() => served.host.inFlight === 1);
    leave(client);

    expect((await untilAnswered(served)).end).toBe('client-left');
  });

  test('while it waits for its turn frees its place in the queue, and starts no guest', async () => {
    const limits: ServeOptions = { maxConcurrentRequests: 1, maxQueuedRequests: 1 };
    await using served = await serveGuest('sleep', limits);
    await using busy = await connectRaw(served.origin);
    await busy.send(rawGet('/?ms=60000&busy'));
    await until(() => served.host.inFlight === 1);
    const start = leftovers(served.host);

    const waiting = await connectRaw(served.origin);
    await waiting.send(rawGet('/?ms=0&waiting'));
    await until(async () => (await requestRaw(served.origin, rawGet('/?ms=0&refused'))).status === 503);
    leave(waiting);
    const left = await untilAnswered(served, '/?ms=0&waiting');
    expect(left).toMatchObject({ end: 'client-left', status: 499, byteLength: 0 });
    await untilNothingIsLeft(served.host, start);

    await using next = await connectRaw(served.origin);
    await next.send(rawGet('/?ms=0&next'));
    busy.reset();
    expect((await next.readReply()).body).toBe('slept 0\n');
  });

  test('while its pipelined request waits behind another starts no second guest', async () => {
    await using served = await serveGuest('sleep');
    const start = leftovers(served.host);
    const client = await connectRaw(served.origin);
    await client.send(rawGet('/?ms=60000&first') + rawGet('/?ms=60000&second'));
    await until(() => served.host.inFlight === 1);
    leave(client);

    expect((await untilAnswered(served)).end).toBe('client-left');
    await until(() => served.host.inFlight === 0);
    await untilNothingIsLeft(served.host, start);
    expect(served.events.all.filter(({ at }) => at === 'request')).toHaveLength(1);
  });

  test('lets its guest finish its work within the grace period', async () => {
    await using served = await serveGuest('after-reply', { graceMs: 60_000 });
    const client = await connectRaw(served.origin);
    await client.send(rawGet('/?ms=50'));
    await client.readReply();
    leave(client);

    await until(() => served.host.inFlight === 0);
    expect(linesOf(served, 'stdout')).toEqual(['stdout [0] :: after reply done']);
    expect(failuresOf(served)).toEqual([]);
  });
});

describe('a client that ends its side after the request', () => {
  test.each([
    { guest: 'hello', path: '/', body: 'Hello from wasi-serve!\n' },
    { guest: 'sleep', path: '/?ms=50', body: 'slept 50\n' },
    { guest: 'slow-body', path: '/?chunks=3&ms=20', body: 'chunk 0\nchunk 1\nchunk 2\n' },
  ])('gets the reply of $guest, and the end of the connection', async ({ guest, path, body }) => {
    await using served = await serveGuest(guest);
    await using client = await connectRaw(served.origin);
    await client.send(rawGet(path));
    client.halfClose();

    expect(await client.readReply()).toMatchObject({ status: 200, body, ending: 'framed' });
    expect(await client.readEnding()).toBe('closed');
    expect(failuresOf(served)).toEqual([]);
  });

  test('gets the replies to all that it pipelined', async () => {
    await using served = await serveGuest('sleep');
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?ms=40') + rawGet('/?ms=20') + rawGet('/?ms=0'));
    client.halfClose();

    for (const ms of [40, 20, 0]) expect((await client.readReply()).body).toBe(`slept ${ms}\n`);
    expect(await client.readEnding()).toBe('closed');
  });

  test('over HTTP/1.0 gets its reply and no interim response', async () => {
    await using served = await serveGuest('sleep');
    await using client = await connectRaw(served.origin);
    await client.send('GET /?ms=50 HTTP/1.0\r\nHost: test\r\n\r\n');
    client.halfClose();

    expect((await client.readHead()).status).toBe(200);
  });
});

test('a connection that is kept gathers no listeners', async () => {
  await using served = await serveGuest('echo');
  await using client = await connectRaw(served.origin);
  const post = 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbody';
  const listeners: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    await client.send(post);
    expect((await client.readReply()).body).toBe('body');
    await until(() => served.host.inFlight === 0);
    listeners.push(listenersOf(openServerSockets()[0] ?? client.socket));
  }
  expect(new Set(listeners).size).toBe(1);
});
