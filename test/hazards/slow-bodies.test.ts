import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULTS } from '../../src/config/options.ts';
import { BodyPace } from '../../src/server/body-pace.ts';
import { type RawClient, connectRaw, rawGet, requestRaw } from '../harness/raw-client.ts';
import { failuresOf, noticesOf, serveGuest } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from './leftovers.ts';
import { until } from './until.ts';

const POST = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n';

/** Sends a byte now and then until `isOver`. */
async function trickle(client: RawClient, isOver: () => boolean): Promise<void> {
  await until(async () => {
    await client.sendChunk('x');
    return isOver();
  });
}

describe('a body that comes slower than it has to', () => {
  const limits = { minBodyRateBytes: 1_000_000, bodyGraceMs: 50 };
  const NOTICE =
    'refused with 408: the body of the request came with less than 1000000 bytes a second for 50 ms (--min-body-rate)';

  test('gets 408, and its guest ends', async () => {
    await using served = await serveGuest('trailers', limits);
    const start = leftovers(served.host);
    await using client = await connectRaw(served.origin);
    await client.send(POST);
    await trickle(client, () => noticesOf(served).length > 0);
    expect(await client.readReply()).toMatchObject({ status: 408, ending: 'framed' });
    expect(await client.readEnding()).toBe('closed');
    expect(noticesOf(served)).toEqual([NOTICE]);
    await client[Symbol.asyncDispose]();
    await untilNothingIsLeft(served.host, start);
  });

  test('ends in a reset once the reply has begun', async () => {
    await using served = await serveGuest('echo', limits);
    await using client = await connectRaw(served.origin);
    await client.send(POST);
    await trickle(client, () => failuresOf(served).length > 0);
    expect(await client.readReply()).toMatchObject({ status: 200, ending: 'reset' });
    expect(failuresOf(served)[0]).toMatch(/less than 1000000 bytes a second for 50 ms \(--min-body-rate\)$/);
  });

  test('may, where it came fast before', async () => {
    await using served = await serveGuest('trailers', { ...limits, minBodyRateBytes: 1000 });
    await using fast = await connectRaw(served.origin);
    await fast.send(POST);
    await fast.sendChunk('x'.repeat(100_000));
    await using slow = await connectRaw(served.origin);
    await slow.send(POST);
    expect((await slow.readReply()).status).toBe(408);
    await fast.sendChunk('');
    expect((await fast.readReply()).status).toBe(200);
  });

  test('may, where no rate is asked for', async () => {
    await using served = await serveGuest('trailers', { ...limits, minBodyRateBytes: 0, bodyIdleTimeoutMs: 200 });
    await using slow = await connectRaw(served.origin);
    await slow.send(POST);
    await using idle = await connectRaw(served.origin);
    await idle.send(POST);
    await trickle(slow, () => noticesOf(served).length > 0);
    await slow.sendChunk('');
    expect((await slow.readReply()).status).toBe(200);
    expect(noticesOf(served)).toEqual([expect.stringContaining('--body-idle-timeout')]);
  });

  test('may, where the guest does not wait for it', async () => {
    await using served = await serveGuest('sleep', limits);
    const reply = await requestRaw(served.origin, POST.replace('/', '/?ms=300'));
    expect(reply).toMatchObject({ status: 200, body: 'slept 300\n' });
  });

  test('may, where its client waits for the reply to an earlier request', async () => {
    await using served = await serveGuest('proxy', { ...limits, bodyGraceMs: 300 });
    await using upstream = await serveGuest('sleep');
    await using client = await connectRaw(served.origin);
    const toUpstream = (path: string): string => `/?url=${encodeURIComponent(`${upstream.origin}${path}`)}`;
    await client.send(rawGet(toUpstream('/?ms=900')) + POST.replace('/', toUpstream('/?ms=0')));
    expect((await client.readReply()).body).toBe('slept 900\n');
    await client.sendChunk('');
    expect((await client.readReply()).body).toBe('slept 0\n');
  });

  test('gets 408 sooner where requests wait for their turn', async () => {
    await using served = await serveGuest('trailers', { maxConcurrentRequests: 1 });
    await using client = await connectRaw(served.origin);
    await client.send(POST);
    await until(() => served.host.inFlight === 1);
    const waiting = requestRaw(served.origin, rawGet('/'));
    expect((await client.readReply()).status).toBe(408);
    expect((await waiting).status).toBe(200);
    expect(noticesOf(served)).toEqual([
      expect.stringMatching(
        / less than 500 bytes a second for 2 s while requests wait for their turn \(--min-body-rate\)$/,
      ),
    ]);
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

describe('the pace of a body', () => {
  const look = { nowMs: 0, elapsedMs: 1000, crowdedMs: undefined };
  const { minBodyRateBytes: rate } = DEFAULTS;

  test('is enough with the least rate at each look, whenever the guest waits and however crowded the host is', () => {
    const looks = fc.array(fc.tuple(fc.integer({ min: rate, max: 10 * rate }), fc.boolean(), fc.boolean()));
    fc.assert(
      fc.property(looks, (seen) => {
        const pace = new BodyPace(DEFAULTS, 0);
        let bytesRead = 0;
        for (const [bytes, isAwaited, isCrowded] of seen) {
          bytesRead += bytes;
          const crowdedMs = isCrowded ? 2000 : undefined;
          expect(pace.look({ ...look, crowdedMs }, { bytesRead, isAwaited })).toBeUndefined();
        }
      }),
    );
  });

  test('that is none is too little after the grace', () => {
    const pace = new BodyPace(DEFAULTS, 1234);
    const sight = { bytesRead: 1234, isAwaited: true };
    const failures = Array.from({ length: 12 }, () => pace.look(look, sight));
    expect(failures.findIndex((failure) => failure !== undefined)).toBe(10);
  });
});
