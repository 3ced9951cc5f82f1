import { describe, expect, test } from 'vitest';
import { connectRaw, isRefused, rawGet, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { failuresOf, linesOf, serveGuest } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { until, untilStalled } from '../harness/until.ts';

const MIB = 1024 * 1024;

describe('a host that closes', () => {
  test('lets a guest finish that has not answered, and closes its connection', async () => {
    const served = await serveGuest('sleep');
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?ms=100'));
    await until(() => served.host.inFlight === 1);
    const closed = served.host.close();
    await until(() => isRefused(served.origin));

    const reply = await client.readReply();
    expect(reply).toMatchObject({ status: 200, body: 'slept 100\n', ending: 'framed' });
    expect(valuesOf(reply, 'connection')).toEqual(['close']);
    expect(await client.readEnding()).toBe('closed');
    expect(await closed).toBe(0);
  });

  test('lets a reply finish that has begun', async () => {
    const served = await serveGuest('slow-body');
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?chunks=5&ms=20'));
    await client.readHead();
    const closed = served.host.close();
    for (let index = 0; index < 5; index += 1) expect(await client.readChunk()).toBe(`chunk ${index}\n`);
    expect(await client.readChunk()).toBe('');
    expect((await client.readTrailers()).ending).toBe('framed');
    expect(await client.readEnding()).toBe('closed');
    expect(await closed).toBe(0);
  });

  test('lets a request finish whose body is still coming', async () => {
    const served = await serveGuest('echo');
    await using client = await connectRaw(served.origin);
    await client.send('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 8\r\n\r\nhalf');
    await until(() => served.host.inFlight === 1);
    const closed = served.host.close();
    await client.send('half');
    expect(await client.readReply()).toMatchObject({ body: 'halfhalf', ending: 'framed' });
    expect(await closed).toBe(0);
  });

  test('serves those that wait for their turn', async () => {
    const served = await serveGuest('sleep', { maxConcurrentRequests: 1, maxQueuedRequests: 2 });
    const replies = [1, 2, 3].map((index) => requestRaw(served.origin, rawGet(`/?ms=40&${index}`)));
    await until(async () => (await requestRaw(served.origin, rawGet('/?ms=0'))).status === 503);
    const closed = served.host.close();
    for (const { body } of await Promise.all(replies)) expect(body).toBe('slept 40\n');
    expect(await closed).toBe(0);
  });

  test('lets a client read what its guest has written', async () => {
    const served = await serveGuest('content-length');
    await using client = await connectRaw(served.origin);
    await client.send(rawGet(`/?declared=${64 * MIB}&written=${64 * MIB}`));
    const head = await client.readHead();
    expect(valuesOf(head, 'content-length')).toEqual([`${64 * MIB}`]);
    const closed = served.host.close();
    let received = 0;
    for (let bytes = await client.readSome(); bytes !== ''; bytes = await client.readSome()) received += bytes.length;
    expect(received).toBe(64 * MIB);
    expect(await closed).toBe(0);
  });

  test('lets a client read finished replies that it has not begun to read, and gives it those that wait for them', async () => {
    const served = await serveGuest('content-length');
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?declared=1000000&written=1000000').repeat(16));
    await until(() => served.events.all.length > 0);
    const closed = served.host.close();
    for (let index = 0; index < 16; index += 1) expect((await client.readReply()).body).toHaveLength(1_000_000);
    expect(await client.readEnding()).toBe('closed');
    expect(await closed).toBe(0);
  });

  test('answers a request that is still unread in the kernel, and says that its connection closes', async () => {
    const served = await serveGuest('hello');
    await using kept = await connectRaw(served.origin);
    await kept.send(rawGet('/'));
    await kept.readReply();
    const sent = kept.send(rawGet('/'));
    const closed = served.host.close();
    await sent;
    const reply = await kept.readReply();
    expect(reply).toMatchObject({ status: 200, ending: 'framed' });
    expect(valuesOf(reply, 'connection')).toEqual(['close']);
    expect(await kept.readEnding()).toBe('closed');
    expect(await closed).toBe(0);
  });

  test('accepts a connection that is still in the queue of the kernel', async () => {
    const served = await serveGuest('hello');
    const reply = requestRaw(served.origin, rawGet('/'));
    const closed = served.host.close();
    expect(await reply).toMatchObject({ status: 200, ending: 'framed' });
    expect(await closed).toBe(0);
  });

  test('answers what follows a reply that could not say that its connection closes', async () => {
    const served = await serveGuest('slow-body');
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?chunks=2&ms=100'));
    const begun = await client.readHead();
    expect(valuesOf(begun, 'connection')).toEqual(['keep-alive']);
    const closed = served.host.close();
    expect([await client.readChunk(), await client.readChunk(), await client.readChunk()]).toEqual([
      'chunk 0\n',
      'chunk 1\n',
      '',
    ]);
    await client.readTrailers();
    await client.send(rawGet('/?chunks=1&ms=1'));
    const last = await client.readReply();
    expect(last).toMatchObject({ body: 'chunk 0\n', ending: 'framed' });
    expect(valuesOf(last, 'connection')).toEqual(['close']);
    expect(await client.readEnding()).toBe('closed');
    expect(await closed).toBe(0);
  });

  test('answers all that was pipelined, and says only at the last that the connection closes', async () => {
    const served = await serveGuest('sleep');
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?ms=20').repeat(3));
    await until(() => served.host.inFlight === 1);
    const closed = served.host.close(5000, 0);
    await client.send(rawGet('/?ms=20'));
    const ends: string[][] = [];
    for (let index = 0; index < 4; index += 1) ends.push(valuesOf(await client.readReply(), 'connection'));
    expect(ends).toEqual([['keep-alive'], ['keep-alive'], ['keep-alive'], ['close']]);
    expect(await client.readEnding()).toBe('closed');
    expect(await closed).toBe(0);
  });

  test('gives no guest what comes behind a reply that said that the connection closes', async () => {
    const served = await serveGuest('content-length');
    await using client = await connectRaw(served.origin);
    const sent = client.send(rawGet(`/?declared=${32 * MIB}&written=${32 * MIB}`));
    const closed = served.host.close();
    await sent;
    const head = await client.readHead();
    expect(valuesOf(head, 'connection')).toEqual(['close']);
    await client.send(rawGet('/?declared=1&written=1'));
    let received = 0;
    for (let bytes = await client.readSome(); bytes !== ''; bytes = await client.readSome()) received += bytes.length;
    expect(received).toBe(32 * MIB);
    expect(await client.readEnding()).toBe('closed');
    expect(await closed).toBe(0);
    expect(served.events.all.filter(({ at }) => at === 'request')).toHaveLength(1);
  });

  test('with a delay accepts until it is over', async () => {
    const served = await serveGuest('hello');
    const closed = served.host.close(5000, 500);
    expect(served.host.load.isAccepting).toBe(false);
    const reply = await requestRaw(served.origin, rawGet('/'));
    expect(reply.status).toBe(200);
    expect(valuesOf(reply, 'connection')).toEqual(['close']);
    expect(await isRefused(served.origin)).toBe(false);
    expect(await closed).toBe(0);
    expect(await isRefused(served.origin)).toBe(true);
  });

  test('does all that for one of its ports too', async () => {
    const served = await serveGuest('sleep');
    const listening = await served.host.listen({ hostname: '127.0.0.1', port: 0 });
    const { hostname, port } = listening.address;
    const origin = `http://${hostname}:${port}`;
    const reply = requestRaw(origin, rawGet('/?ms=100'));
    await until(() => served.host.inFlight === 1);
    await listening.close(5000);
    expect(valuesOf(await reply, 'connection')).toEqual(['close']);
    expect(await isRefused(origin)).toBe(true);
    expect((await requestRaw(served.origin, rawGet('/?ms=1'))).status).toBe(200);
    expect(await served.host.close()).toBe(0);
  });

  test('closes idle connections, and one whose head is not complete', async () => {
    const served = await serveGuest('hello');
    const start = leftovers(served.host);
    await using kept = await connectRaw(served.origin);
    await kept.send(rawGet('/'));
    await kept.readReply();
    await using silent = await connectRaw(served.origin);
    await using half = await connectRaw(served.origin);
    await half.send('GET / HTTP/1.1\r\nHost');
    await requestRaw(served.origin, rawGet('/'));

    expect(await served.host.close()).toBe(0);
    for (const client of [kept, silent, half]) {
      await client.readEnding();
      await client[Symbol.asyncDispose]();
    }
    await untilNothingIsLeft(served.host, start);
  });

  test('lets work after a reply finish', async () => {
    const served = await serveGuest('after-reply');
    expect((await requestRaw(served.origin, rawGet('/?ms=100'))).body).toBe('early\n');
    expect(await served.host.close()).toBe(0);
    expect(linesOf(served, 'stdout')).toEqual(['stdout [0] :: after reply done']);
  });

  test('ends guests that take too long: 503 before their head, a reset after it', async () => {
    const served = await serveGuest('slow-body');
    await using begun = await connectRaw(served.origin);
    await begun.send(rawGet('/?chunks=1000000&ms=5'));
    await begun.readHead();
    const sleeper = await serveGuest('sleep');
    await using waiting = await connectRaw(sleeper.origin);
    await waiting.send(rawGet('/?ms=60000'));
    await until(() => sleeper.host.inFlight === 1);

    expect(await Promise.all([served.host.close(50), sleeper.host.close(50)])).toEqual([1, 1]);
    expect(await begun.readEnding()).toBe('reset');
    expect(await waiting.readReply()).toMatchObject({ status: 503, ending: 'framed' });
    expect(failuresOf(sleeper)).toEqual(['the host is stopping']);
  });

  test('starts no more guests after its time is over', async () => {
    const served = await serveGuest('sleep', { maxConcurrentRequests: 1, maxQueuedRequests: 1 });
    await using first = await connectRaw(served.origin);
    await first.send(rawGet('/?ms=60000&first'));
    await until(() => served.host.inFlight === 1);
    const queued = requestRaw(served.origin, rawGet('/?ms=60000&queued'));
    await until(async () => (await requestRaw(served.origin, rawGet('/?ms=0'))).status === 503);

    expect(await served.host.close(50)).toBe(2);
    expect((await queued).status).toBe(503);
  });

  test('loses a client that does not read within its time', async () => {
    const served = await serveGuest('flood');
    await using client = await connectRaw(served.origin);
    await client.send(rawGet(`/?bytes=${1024 * MIB}&progress=1`));
    await untilStalled(served);
    expect(await served.host.close(50)).toBe(1);
    expect((await client.readReply()).ending).toBe('reset');
  });

  test('twice does so once', async () => {
    const served = await serveGuest('sleep');
    const reply = requestRaw(served.origin, rawGet('/?ms=100'));
    await until(() => served.host.inFlight === 1);
    const both = await Promise.all([served.host.close(), served.host.close()]);
    expect(both).toEqual([0, 0]);
    expect((await reply).status).toBe(200);
    expect(await served.host.close()).toBe(0);
  });

  test('that never listened resolves', async () => {
    const served = await serveGuest('hello');
    expect(await served.host.close(0)).toBe(0);
  });
});

test('a closed host answers no requests: `fetch` and `listen` reject with `stopped`', async () => {
  const served = await serveGuest('sleep');
  const finishing = served.host.fetch(new Request('http://localhost/?ms=100'));
  const closed = served.host.close();
  const stopped = { name: 'HostError', code: 'stopped', message: 'the host is closed: create another with createHost' };
  const tryBoth = async (): Promise<void> => {
    await expect(served.host.fetch(new Request('http://localhost/'))).rejects.toMatchObject(stopped);
    await expect(served.host.listen({ hostname: '127.0.0.1', port: 0 })).rejects.toMatchObject(stopped);
  };
  await tryBoth();
  expect(await (await finishing).text()).toBe('slept 100\n');
  await closed;
  await tryBoth();
});
