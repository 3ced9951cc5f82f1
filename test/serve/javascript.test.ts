import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answering, answer, ways } from '../harness/matrix.ts';
import { linesOf } from '../harness/serve-guest.ts';
import { startUpstream } from '../harness/upstream.ts';

// Megabytes each: served once for all tests.
const NAMES = ['js-raw', 'js-fetch-event', 'js-hono'] as const;

describe.each(ways)('$engine $isolation $exchange', (way) => {
  let raw: Answering;
  let fetchEvent: Answering;
  let hono: Answering;

  beforeAll(async () => {
    [raw, fetchEvent, hono] = (await Promise.all(NAMES.map((name) => answer(way, name)))) as [
      Answering,
      Answering,
      Answering,
    ];
  });

  afterAll(async () => {
    await Promise.all([raw, fetchEvent, hono].map((guest) => guest[Symbol.asyncDispose]()));
  });

  test('a guest on the bare interfaces sees method and path', async () => {
    const response = await raw.send('/x?y=1', { method: 'PURGE' });
    expect(await response.text()).toBe('Hello from raw wasi:http!\nPURGE /x?y=1\n');
  });

  describe('a fetch event', () => {
    test('is answered', async () => {
      const response = await fetchEvent.send('/');
      expect(response.headers.get('content-type')).toBe('text/plain');
      expect(await response.text()).toBe('Hello from StarlingMonkey!\n');
    });

    test('sets two cookies', async () => {
      const response = await fetchEvent.send('/set-cookie');
      expect(response.headers.getSetCookie()).toEqual(['first=1; Path=/', 'second=2; Path=/']);
    });

    test.each([1, 70_000, 1024 * 1024])('echoes %i bytes', async (byteLength) => {
      const body = 'e'.repeat(byteLength);
      const response = await fetchEvent.send('/', { method: 'POST', body });
      expect((await response.text()) === body).toBe(true);
    });

    test('fetches from an upstream', async () => {
      await using upstream = await startUpstream((incoming, outgoing) => {
        outgoing.writeHead(201, { 'x-from': 'upstream' });
        outgoing.end(`you asked for ${incoming.url}`);
      });
      const response = await fetchEvent.send(`/fetch?url=${encodeURIComponent(`${upstream.origin}/thing`)}`);
      expect(response.status).toBe(201);
      expect(response.headers.get('x-from')).toBe('upstream');
      expect(await response.text()).toBe('you asked for /thing');
    });

    test('that throws is status 500, with the reason on stderr', async () => {
      const response = await fetchEvent.send('/throw');
      expect(response.status).toBe(500);
      expect(linesOf(fetchEvent, 'stderr').join('\n')).toContain('thrown on purpose');
    });
  });

  describe('a Hono app', () => {
    test.each([
      { path: '/', status: 200, text: 'Hello from Hono!\n' },
      { path: '/json', status: 200, text: '{"hello":"hono"}' },
      { path: '/params/7?a=b', status: 200, text: '{"id":"7","query":{"a":"b"}}' },
      { path: '/nowhere', status: 404, text: '404 Not Found' },
    ])('answers $path', async ({ path, status, text }) => {
      const response = await hono.send(path);
      expect(response.status).toBe(status);
      expect(await response.text()).toBe(text);
    });

    test('runs its middleware', async () => {
      const response = await hono.send('/');
      expect(response.headers.get('x-served-by')).toBe('hono');
    });

    test('streams a body back', async () => {
      const response = await hono.send('/echo', { method: 'POST', body: 'hono echo' });
      expect(await response.text()).toBe('hono echo');
    });

    test('has no body for HEAD', async () => {
      const response = await hono.send('/', { method: 'HEAD' });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('');
    });
  });

  test('the instances of 8 concurrent requests are separate', async () => {
    const ids = Array.from({ length: 8 }, (_, index) => index);
    const texts = await Promise.all(ids.map(async (id) => await (await hono.send(`/params/${id}`)).text()));
    expect(texts).toEqual(ids.map((id) => `{"id":"${id}","query":{}}`));
  });
});
