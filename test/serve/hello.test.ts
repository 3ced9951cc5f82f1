import { describe, expect, test } from 'vitest';
import { answer, ways } from '../harness/matrix.ts';
import { linesOf, untilAnswered } from '../harness/serve-guest.ts';

const HELLO = 'Hello from wasi-serve!\n';

describe.each(ways)('$engine $isolation $exchange', (way) => {
  test.each([
    { name: 'hello', path: '/', text: HELLO },
    { name: 'hello-wstd', path: '/', text: HELLO },
    { name: 'hello-axum', path: '/', text: HELLO },
    { name: 'hello-axum', path: '/greet/ann', text: 'Hello, ann!\n' },
    { name: 'wasi-0-2-0', path: '/', text: HELLO },
    { name: 'wasi-mixed', path: '/', text: 'mixed\n' },
  ])('$name answers $path', async ({ name, path, text }) => {
    await using guest = await answer(way, name);
    const response = await guest.send(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(text);
  });

  test("a guest's content-type is kept", async () => {
    await using guest = await answer(way, 'hello');
    const response = await guest.send('/');
    expect(response.headers.get('content-type')).toBe('text/plain');
  });

  test('a body that is whole when the guest returns has a content-length', async () => {
    await using guest = await answer(way, 'hello');
    const response = await guest.send('/');
    expect(response.headers.get('content-length')).toBe(`${HELLO.length}`);
  });

  test('a route that the axum router does not have is its 404', async () => {
    await using guest = await answer(way, 'hello-axum');
    const response = await guest.send('/nowhere');
    expect(response.status).toBe(404);
  });

  test('a guest of two WASI releases uses both', async () => {
    await using guest = await answer(way, 'wasi-mixed');
    await (await guest.send('/')).text();
    expect(linesOf(guest, 'stdout')).toEqual(['stdout [0] :: mixed: 4 random bytes']);
  });

  test('an answered request is logged', async () => {
    await using guest = await answer(way, 'hello');
    await (await guest.send('/a?b', { headers: { 'x-request-id': 'r-1' } })).text();
    expect(await untilAnswered(guest)).toMatchObject({
      id: 'r-1',
      method: 'GET',
      path: '/a?b',
      status: 200,
      byteLength: HELLO.length,
      instance: way.isolation,
      end: 'complete',
    });
  });
});
