import { describe, expect, test } from 'vitest';
import { connectRaw, rawGet, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { serveGuest } from '../harness/serve-guest.ts';

const hex = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('hex');

describe('fields', () => {
  test('come to the guest byte for byte, in order, with their duplicates', async () => {
    const lines: [string, string][] = [
      ['X-Latin', 'caf\xe9'],
      ['X-Utf8', 'caf\xc3\xa9'],
      ['X-High', '\x80\xff'],
      ['X-Twice', 'one'],
      ['__proto__', 'proto'],
      ['constructor', 'made'],
      ['toString', 'text'],
      ['X-Twice', 'two'],
      ['Cookie', 'a=1'],
      ['Cookie', 'b=2'],
      ['Content-Type', 'text/a'],
      ['X-Tab', 'a\tb'],
      ['X-Empty', ''],
    ];
    await using served = await serveGuest('headers');
    const sent = lines.map(([name, value]) => `${name}: ${value}`);
    const { body } = await requestRaw(served.origin, rawGet('/', ...sent));
    const seen = body.split('\n').filter((line) => line !== '' && !line.startsWith('x-request-id'));
    expect(seen).toEqual(lines.map(([name, value]) => `${name.toLowerCase()}: ${hex(value)}`));
  });

  test('come to the client byte for byte, in order, with their duplicates', async () => {
    await using served = await serveGuest('headers');
    const { headerLines } = await requestRaw(served.origin, rawGet('/'));
    expect(headerLines.slice(0, 7)).toEqual([
      'content-type: text/plain',
      'set-cookie: a=1',
      'set-cookie: b=2',
      'x-latin: caf\xe9',
      'x-order-1: first',
      'x-order-2: second',
      'x-order-1: third',
    ]);
  });

  test('of 100 are taken', async () => {
    await using served = await serveGuest('headers');
    const lines = Array.from({ length: 99 }, (_, index) => `x-${index}: ${index}`);
    const { status, body } = await requestRaw(served.origin, rawGet('/', ...lines));
    expect(status).toBe(200);
    expect(body).toContain(`x-98: ${hex('98')}\n`);
  });

  test.each([101, 102, 133, 1000])('of %i are refused, not dropped', async (count) => {
    await using served = await serveGuest('headers');
    const lines = Array.from({ length: count - 1 }, (_, index) => `x${index}:`);
    const reply = await requestRaw(served.origin, rawGet('/', ...lines));
    expect(reply.status).toBe(431);
  });

  test.each([16 * 1024, 1024 * 1024])('of %i bytes are refused', async (byteLength) => {
    await using served = await serveGuest('headers');
    await using client = await connectRaw(served.origin);
    void client.send(rawGet('/', `x-long: ${'a'.repeat(byteLength)}`));
    expect((await client.readReply()).status).toBe(431);
    expect(served.events.all.map(({ at }) => at)).toEqual(['notice']);
  });
});

describe('the path', () => {
  test.each([
    '/%7e/../a?x=%00&y=%C3%A9',
    '/a/./b//c/',
    '/?',
    '/a?b?c',
    "/!$&'()*+,;=:@-._~",
    '/%zz',
    '/[x]|{y}^`"<>',
    `/${'p'.repeat(8191)}`,
  ])('%s is what the guest sees', async (path) => {
    await using served = await serveGuest('head');
    const { status, body } = await requestRaw(served.origin, rawGet(path));
    expect(status).toBe(200);
    expect(body.split('\n')[3]).toBe(`path-with-query: ${path}`);
  });

  test('beyond 8 KiB is refused', async () => {
    await using served = await serveGuest('head');
    expect((await requestRaw(served.origin, rawGet(`/${'p'.repeat(8192)}`))).status).toBe(414);
  });

  test.each(['/caf\xe9', '/?y=\xc3\xa9'])('with bytes above 0x7F is refused: %s', async (path) => {
    await using served = await serveGuest('head');
    expect((await requestRaw(served.origin, rawGet(path))).status).toBe(400);
    expect(served.events.all.map(({ at }) => at)).toEqual(['notice']);
  });
});

test('fields whose names JavaScript objects have are fields like any other', async () => {
  await using served = await serveGuest('headers');
  const names = ['__proto__', 'constructor', 'hasownproperty', 'tostring', '__proto__'];
  const { status, body } = await requestRaw(served.origin, rawGet('/', ...names.map((name) => `${name}: 1`)));
  expect(status).toBe(200);
  expect(body.split('\n').slice(0, names.length)).toEqual(names.map((name) => `${name}: 31`));
});

test('a field of the reply cannot be smuggled in by a request', async () => {
  await using served = await serveGuest('headers');
  const reply = await requestRaw(served.origin, rawGet('/', 'x-request-id: a\xe9b'));
  expect(valuesOf(reply, 'x-request-id')).toEqual([]);
});
