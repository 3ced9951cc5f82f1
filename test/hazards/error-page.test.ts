import { describe, expect, test } from 'vitest';
import type { ServeOptions } from '../../src/index.ts';
import { connectRaw, rawGet, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { noticesOf, serveGuest, untilAnswered } from '../harness/serve-guest.ts';
import { until } from '../harness/until.ts';

const HTML = 'Accept: text/html,application/xhtml+xml;q=0.9';
const REASON = 'guest never invoked `response-outparam::set` method';

describe('an error reply', () => {
  test('is a page with the id of the request for a browser', async () => {
    await using served = await serveGuest('never-set');
    const reply = await requestRaw(served.origin, rawGet('/', HTML, 'X-Request-Id: abc-123'));
    expect(valuesOf(reply, 'content-type')).toEqual(['text/html; charset=utf-8']);
    expect(reply.body).toMatch(/^<!doctype html>/);
    expect(reply.body).toContain('<h1>500 Internal Server Error</h1>');
    expect(reply.body).toContain('Request <code>abc-123</code>');
    expect(reply.body).not.toContain('guest never');
  });

  test.each([[], ['Accept: */*'], ['Accept: application/json']])(
    'is a line of text for others: %s',
    async (...lines) => {
      await using served = await serveGuest('never-set');
      const reply = await requestRaw(served.origin, rawGet('/', 'X-Request-Id: abc-123', ...lines));
      expect(valuesOf(reply, 'content-type')).toEqual(['text/plain; charset=utf-8']);
      expect(reply.body).toBe('500 Internal Server Error (request abc-123)\n');
    },
  );

  test('gives the reason if the operator enables it, and escapes markup', async () => {
    await using served = await serveGuest('set-error', { errorDetail: 'shown' });
    const path = '/?code=HTTP-request-denied';
    const text = await requestRaw(served.origin, rawGet(path, 'X-Request-Id: a'));
    expect(text.body).toBe('403 Forbidden: the guest answered with the error HTTP-request-denied (request a)\n');

    await using never = await serveGuest('never-set', { errorDetail: 'shown' });
    const page = await requestRaw(never.origin, rawGet('/', HTML));
    expect(page.body).toContain(`<pre>${REASON}</pre>`);
  });

  test('tells developers that the guest trapped, and the log has it once', async () => {
    await using served = await serveGuest('trap-before', { errorDetail: 'shown' });
    const { body } = await requestRaw(served.origin, rawGet('/', 'X-Request-Id: a'));
    expect(body).toMatch(/^500 Internal Server Error: guest never invoked .*: the guest trapped: .*unreachable/);
    await until(() => served.host.inFlight === 0);
    expect(served.events.all.filter(({ at }) => at === 'request-failed')).toEqual([
      expect.objectContaining({ blame: 'guest', trace: expect.stringMatching(/wasm-function\[\d+\]/) }),
    ]);
  });

  test.each<[text: string, request: string, options: ServeOptions]>([
    [
      '413 Payload Too Large: the body of the request is larger than 10 bytes (request a)\n',
      'POST / HTTP/1.1\r\nHost: test\r\nX-Request-Id: a\r\nContent-Length: 11\r\n\r\n',
      { maxBodyBytes: 10 },
    ],
    [
      '414 URI Too Long: the target of the request is longer than 10 bytes (request a)\n',
      rawGet('/0123456789', 'X-Request-Id: a'),
      { maxTargetBytes: 10 },
    ],
    [
      '431 Request Header Fields Too Large: head or trailers of more than 1024 bytes or 100 fields\n',
      rawGet('/', `a: ${'b'.repeat(1100)}`),
      { maxHeadBytes: 1024 },
    ],
    ['408 Request Timeout: no whole head came within 50 ms\n', 'GET', { headTimeoutMs: 50 }],
  ])('names no option to a client: %s', async (text, request, options) => {
    await using served = await serveGuest('hello', options);
    expect((await requestRaw(served.origin, request)).body).toBe(text);
    expect(noticesOf(served)).toEqual([expect.stringMatching(/ \(--[a-z-]+\)/)]);
  });

  test('names no option to a developer either', async () => {
    const options: ServeOptions = { errorDetail: 'shown', maxConcurrentRequests: 1, maxQueuedRequests: 0 };
    await using served = await serveGuest('sleep', options);
    await using busy = await connectRaw(served.origin);
    await busy.send(rawGet('/?ms=60000'));
    await until(() => served.host.inFlight === 1);
    const { body } = await requestRaw(served.origin, rawGet('/', 'X-Request-Id: a'));
    expect(body).toBe('503 Service Unavailable: the host is busy: too many requests are queued (request a)\n');
    expect(served.events.all).toContainEqual(
      expect.objectContaining({ blame: 'host', message: expect.stringMatching(/ \(--max-queued-requests\)$/) }),
    );
    busy.reset();
  });

  test('has no body for HEAD', async () => {
    await using served = await serveGuest('never-set');
    const reply = await requestRaw(served.origin, `HEAD / HTTP/1.1\r\nHost: test\r\n\r\n`);
    expect(reply).toMatchObject({ status: 500, body: '', ending: 'framed' });
  });

  test('tells a client what is wrong with its request', async () => {
    await using served = await serveGuest('hello');
    const reply = await requestRaw(served.origin, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nX-Request-Id: abc\r\n\r\n');
    expect(reply.body).toBe('400 Bad Request: the request has more than one Host field (request abc)\n');
    expect(await untilAnswered(served)).toMatchObject({ status: 400, id: 'abc' });
  });
});

describe('the id of a request', () => {
  test.each(['abc', '0af7651916cd43dd-8448', 'a.b:c/d+e=f_g', 'x'.repeat(128)])("is the client's: %s", async (id) => {
    await using served = await serveGuest('never-set');
    const reply = await requestRaw(served.origin, rawGet('/', `X-Request-Id: ${id}`));
    expect(valuesOf(reply, 'x-request-id')).toEqual([id]);
    expect((await untilAnswered(served)).id).toBe(id);
  });

  test.each(['<script>', 'a b', '', 'caf\xe9', 'x'.repeat(129), "a'b", 'a\tb'])(
    "is the host's where the client's is %j",
    async (id) => {
      await using served = await serveGuest('never-set');
      const reply = await requestRaw(served.origin, rawGet('/', HTML, `X-Request-Id: ${id}`));
      const [made = ''] = valuesOf(reply, 'x-request-id');
      expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
      expect(reply.body).toContain(`Request <code>${made}</code>`);
      expect((await untilAnswered(served)).id).toBe(made);
    },
  );

  test('is that which the guest sees', async () => {
    await using served = await serveGuest('headers');
    const { body } = await requestRaw(served.origin, rawGet('/', 'X-Request-Id: one', 'X-Request-Id: two'));
    const lines = body.split('\n').filter((line) => line.startsWith('x-request-id'));
    expect(lines).toEqual([`x-request-id: ${Buffer.from('one').toString('hex')}`]);
  });
});
