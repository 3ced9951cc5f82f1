import { describe, expect, test } from 'vitest';
import { answer, ways } from '../harness/matrix.ts';
import { linesOf } from '../harness/serve-guest.ts';
import { startUpstream } from '../harness/upstream.ts';

describe.each(ways)('$engine $isolation $exchange', (way) => {
  test('a guest on the bare interfaces sees method and path', async () => {
    await using guest = await answer(way, 'js-raw');
    const response = await guest.send('/x?y=1', { method: 'PURGE' });
    expect(await response.text()).toBe('Hello from raw wasi:http!\nPURGE /x?y=1\n');
  });

  describe('a fetch event', () => {
    test('is answered', async () => {
      await using guest = await answer(way, 'js-fetch-event');
      const response = await guest.send('/');
      expect(response.headers.get('content-type')).toBe('text/plain');
      expect(await response.text()).toBe('Hello from StarlingMonkey!\n');
    });

    test('sets two cookies', async () => {
      await using guest = await answer(way, 'js-fetch-event');
      const response = await guest.send('/set-cookie');
      expect(response.headers.getSetCookie()).toEqual(['first=1; Path=/', 'second=2; Path=/']);
    });

    test.each([1, 70_000, 1024 * 1024])('echoes %i bytes', async (byteLength) => {
      await using guest = await answer(way, 'js-fetch-event');
      const body = 'e'.repeat(byteLength);
      const response = await guest.send('/', { method: 'POST', body });
      expect((await response.text()) === body).toBe(true);
    });

    test('fetches from an upstream', async () => {
      await using upstream = await startUpstream((incoming, outgoing) => {
        outgoing.writeHead(201, { 'x-from': 'upstream' });
        outgoing.end(`you asked for ${incoming.url}`);
      });
      await using guest = await answer(way, 'js-fetch-event');
      const response = await guest.send(`/fetch?url=${encodeURIComponent(`${upstream.origin}/thing`)}`);
      expect(response.status).toBe(201);
      expect(response.headers.get('x-from')).toBe('upstream');
      expect(await response.text()).toBe('you asked for /thing');
    });

    test('that throws is status 500, with the reason on stderr', async () => {
      await using guest = await answer(way, 'js-fetch-event');
      const response = await guest.send('/throw');
      expect(response.status).toBe(500);
      expect(linesOf(guest, 'stderr').join('\n')).toContain('thrown on purpose');
    });
  });

  describe('a Hono app', () => {
    test.each([
      { path: '/', status: 200, text: 'Hello from Hono!\n' },
      { path: '/json', status: 200, text: '{"hello":"hono"}' },
      { path: '/params/7?a=b', status: 200, text: '{"id":"7","query":{"a":"b"}}' },
      { path: '/nowhere', status: 404, text: '404 Not Found' },
    ])('answers $path', async ({ path, status, text }) => {
      await using guest = await answer(way, 'js-hono');
      const response = await guest.send(path);
      expect(response.status).toBe(status);
      expect(await response.text()).toBe(text);
    });

    test('runs its middleware', async () => {
      await using guest = await answer(way, 'js-hono');
      const response = await guest.send('/');
      expect(response.headers.get('x-served-by')).toBe('hono');
    });

    test('streams a body back', async () => {
      await using guest = await answer(way, 'js-hono');
      const response = await guest.send('/echo', { method: 'POST', body: 'hono echo' });
      expect(await response.text()).toBe('hono echo');
    });

    test('has no body for HEAD', async () => {
      await using guest = await answer(way, 'js-hono');
      const response = await guest.send('/', { method: 'HEAD' });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('');
    });
  });

  test('the instances of 8 requests at once are apart', async () => {
    await using guest = await answer(way, 'js-hono');
    const ids = Array.from({ length: 8 }, (_, index) => index);
    const texts = await Promise.all(ids.map(async (id) => await (await guest.send(`/params/${id}`)).text()));
    expect(texts).toEqual(ids.map((id) => `{"id":"${id}","query":{}}`));
  });
});
