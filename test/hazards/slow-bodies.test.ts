import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ServeOptions, loadComponent } from '../../src/index.ts';
import { Slowness } from '../../src/server/http1/slowness.ts';
import { type RawClient, connectRaw, rawGet, requestRaw } from '../harness/raw-client.ts';
import { type Served, failuresOf, noticesOf, serveGuest } from '../harness/serve-guest.ts';
import { assembleFields } from '../hostile/assemble.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { until } from '../harness/until.ts';

const POST = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n';

/** Sends a byte now and then until `isOver`. */
async function trickle(client: RawClient, isOver: () => boolean): Promise<void> {
  await until(async () => {
    await client.sendChunk('x');
    return isOver();
  });
}

describe('while places are free', () => {
  test('a body may come as slowly as it likes, within its other bounds', async () => {
    await using served = await serveGuest('echo', { bodyIdleTimeoutMs: 1000, timeoutMs: 4000, bodyGraceMs: 10 });
    const startMs = performance.now();
    await using client = await connectRaw(served.origin);
    await client.send(POST);
    await client.sendChunk('x');
    expect((await client.readHead()).status).toBe(200);
    // Five bytes a second, until its deadline.
    let echoed = 0;
    for (let chunk = await client.readChunk(); typeof chunk === 'string'; chunk = await client.readChunk()) {
      echoed += 1;
      await sleep(200);
      await client.sendChunk('x');
    }
    expect(performance.now() - startMs).toBeGreaterThan(3900);
    expect(echoed).toBeGreaterThan(5);
    expect(failuresOf(served)).toContain('the reply was broken off: guest timed out');
    expect(noticesOf(served)).toEqual([]);
  });

  test('a reply may be taken as slowly', async () => {
    await using served = await serveGuest('flood', { timeoutMs: 2000, bodyGraceMs: 10, maxConcurrentRequests: 4 });
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?bytes=1000000000'));
    await until(() => failuresOf(served).length > 0);
    expect(failuresOf(served)).toContain('the reply was broken off: guest timed out');
    expect(noticesOf(served)).toEqual([]);
  });
});

describe('while requests wait for their turn, a client slower than it has to be', () => {
  const limits = { maxConcurrentRequests: 1 };
  const SLOW_BODY =
    'the body of the request came with less than 500 bytes per second for 300 ms while requests were queued (--min-body-rate)';

  test('gets 408, and its guest ends', async () => {
    await using served = await serveGuest('trailers', limits);
    const start = leftovers(served.host);
    await using client = await connectRaw(served.origin);
    await client.send(POST);
    await until(() => served.host.inFlight === 1);
    const waiting = requestRaw(served.origin, rawGet('/'));
    expect(await client.readReply()).toMatchObject({ status: 408, ending: 'framed' });
    expect(await client.readEnding()).toBe('closed');
    expect((await waiting).status).toBe(200);
    expect(noticesOf(served)).toEqual([`refused with 408: ${SLOW_BODY}`]);
    await client[Symbol.asyncDispose]();
    await untilNothingIsLeft(served.host, start);
  });

  test('is reset once the reply has begun', async () => {
    await using served = await serveGuest('echo', limits);
    await using client = await connectRaw(served.origin);
    await client.send(POST);
    await client.sendChunk('x');
    await until(() => served.host.inFlight === 1);
    expect((await requestRaw(served.origin, rawGet('/'))).status).toBe(200);
    expect(await client.readReply()).toMatchObject({ status: 200, ending: 'reset' });
    expect(noticesOf(served)).toEqual([`reset: ${SLOW_BODY}`]);
  });

  test('is reset if it takes nothing of its reply, however much of that the kernel has taken', async () => {
    await using served = await serveGuest('flood', { ...limits, timeoutMs: 0 });
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?bytes=1000000000'));
    await until(() => served.host.inFlight === 1);
    expect((await requestRaw(served.origin, rawGet('/?bytes=1'))).body).toBe('x');
    expect(noticesOf(served)).toEqual([expect.stringMatching(/^reset: the client took its reply with less than 500 /)]);
    expect((await client.readReply()).ending).toBe('reset');
  });

  test('keeps its place if another is slower', async () => {
    await using served = await serveGuest('trailers', { maxConcurrentRequests: 2 });
    const clients = await Promise.all([connectRaw(served.origin), connectRaw(served.origin)]);
    const [slower, slow] = clients;
    for (const client of clients) await client.send(POST);
    await until(() => served.host.inFlight === 2);
    const isOver = (): boolean => noticesOf(served).length > 0;
    const sending = until(async () => {
      await slow.sendChunk('x'.repeat(20));
      return isOver();
    });
    expect((await requestRaw(served.origin, rawGet('/'))).status).toBe(200);
    await sending;
    expect((await slower.readReply()).status).toBe(408);
    await slow.sendChunk('');
    expect((await slow.readReply()).status).toBe(200);
    for (const client of clients) await client[Symbol.asyncDispose]();
  });

  test.each([
    ['no rate is asked for', 'trailers', '/', { minBodyRateBytes: 0 }],
    ['its guest does not wait for it', 'sleep', '/?ms=1500', {}],
  ])('keeps its place if %s', async (_where, guest, path, options) => {
    await using served = await serveGuest(guest, { ...limits, ...options, timeoutMs: 2500 });
    await using client = await connectRaw(served.origin);
    await client.send(POST.replace('/', path));
    await until(() => served.host.inFlight === 1);
    const waiting = requestRaw(served.origin, rawGet('/?ms=0'));
    await sleep(1000);
    await client.sendChunk('');
    expect((await client.readReply()).status).toBe(200);
    expect((await waiting).status).toBe(200);
    expect(noticesOf(served)).toEqual([]);
  });

  test('keeps its place if it sends as much as it has to', async () => {
    await using served = await serveGuest('trailers', { ...limits, timeoutMs: 3000, minBodyRateBytes: 100 });
    await using client = await connectRaw(served.origin);
    await client.send(POST);
    await until(() => served.host.inFlight === 1);
    const waiting = requestRaw(served.origin, rawGet('/'));
    for (let chunk = 0; chunk < 20; chunk += 1) {
      await client.sendChunk('x'.repeat(200));
      await sleep(50);
    }
    await client.sendChunk('');
    expect((await client.readReply()).status).toBe(200);
    expect((await waiting).status).toBe(200);
  });
});

/** Writes 100,000 bytes twice, waits for nothing but room, and returns. */
const TWO_WRITES = `
(func $write (param $stream i32)
  (local $pollable i32)
  (local.set $pollable (call $output-stream.subscribe (local.get $stream)))
  (call $pollable.block (local.get $pollable))
  (call $drop-pollable (local.get $pollable))
  (call $output-stream.write (local.get $stream) (call $letters (i32.const 100000)) (i32.const 100000) (i32.const 0)))
(func $attack (param $request i32) (param $out i32)
  (local $stream i32)
  (local.set $stream (call $answer-body (local.get $out)))
  (call $write (local.get $stream))
  (call $write (local.get $stream))
  (call $drop-output-stream (local.get $stream))
  (call $outgoing-body.finish (global.get $body) (i32.const 0) (i32.const 0) (i32.const 0)))`;

async function serveTwoWrites(options: ServeOptions): Promise<Served> {
  return await serveGuest(await loadComponent(await assembleFields(TWO_WRITES), { cache: false }), options);
}

describe('a reply whose guest has returned, and whose client does not take it,', () => {
  test('holds neither a place nor an instance, and is whole when it is taken', async () => {
    await using served = await serveTwoWrites({ maxConcurrentRequests: 1 });
    const responses: Response[] = [];
    for (let count = 0; count < 3; count += 1) {
      responses.push(await served.host.fetch(new Request('http://test/')));
      await until(() => served.host.inFlight === 0);
    }
    expect(served.host.load).toMatchObject({ keptInstances: 1, requestsQueued: 0 });
    expect(served.host.load.heldBytes).toBeGreaterThan(300_000);
    for (const response of responses) expect(await response.text()).toBe('a'.repeat(200_000));
    await until(() => served.host.load.heldBytes === 0);
  });

  test('ends to make room for new requests, the oldest first, if all together hold too much', async () => {
    await using served = await serveTwoWrites({ limits: { maxTotalHeldBytes: 600_000 } });
    const responses: Response[] = [];
    for (let count = 0; count < 12; count += 1) {
      responses.push(await served.host.fetch(new Request('http://test/')));
      await until(() => served.host.inFlight === 0);
    }
    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 200));
    await expect(responses[0]?.text()).rejects.toThrow();
    expect(await responses.at(-1)?.text()).toHaveLength(200_000);
    for (const response of responses.slice(1, -1)) await response.text().catch(() => undefined);
    await until(() => served.host.load.heldBytes === 0);
  });
});

test('a body that takes too long in all gets 408, however fast it comes', async () => {
  await using served = await serveGuest('trailers', { bodyTimeoutMs: 100 });
  await using client = await connectRaw(served.origin);
  await client.send(POST);
  await trickle(client, () => noticesOf(served).length > 0);
  expect((await client.readReply()).status).toBe(408);
  expect(noticesOf(served)).toEqual([
    'refused with 408: the body of the request was not whole within 100 ms (--body-timeout)',
  ]);
});

describe('how long a client has kept its guest waiting', () => {
  test('is nothing if the minimum rate is kept at each check', () => {
    const looks = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 1000 }), isWaiting: fc.boolean() }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), looks, (rate, seen) => {
        const slowness = new Slowness(rate);
        let bytes = 0;
        for (const { ms, isWaiting } of seen) {
          bytes += Math.ceil((rate * ms) / 1000);
          expect(slowness.measure(ms, bytes, isWaiting)).toBeLessThan(1e-6);
        }
      }),
    );
  });

  test('is the time since the first check at which it waited, if nothing moves', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1 }), (times) => {
        const slowness = new Slowness(500);
        slowness.measure(1000, 1234, true);
        const sum = times.reduce((total, ms) => total + ms, 0);
        expect(times.map((ms) => slowness.measure(ms, 1234, true)).at(-1)).toBe(sum);
      }),
    );
  });

  test('is never longer than it waited, nor less than nothing, nor changed by a count that falls', () => {
    const look = fc.record({ ms: fc.nat(1000), bytes: fc.nat(10_000), isWaiting: fc.boolean() });
    fc.assert(
      fc.property(fc.array(look), (seen) => {
        const [slowness, same] = [new Slowness(500), new Slowness(500)];
        let [waitedMs, most] = [0, 0];
        for (const { ms, bytes, isWaiting } of seen) {
          waitedMs += ms;
          most = Math.max(most, bytes);
          const kept = slowness.measure(ms, bytes, isWaiting);
          expect(kept).toBe(same.measure(ms, most, isWaiting));
          expect(kept).toBeGreaterThanOrEqual(0);
          expect(kept).toBeLessThanOrEqual(waitedMs);
        }
      }),
    );
  });
});
