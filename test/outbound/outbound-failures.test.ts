import { expect, test, vi } from 'vitest';
import type { Socket } from 'node:net';
import {
  activeResources,
  createBody,
  createWholeBody,
  noSignal,
  openOutbound,
  readAll,
  serveHttp,
  serveRaw,
  toRequest,
  until,
  unwrap,
} from './upstreams.ts';

const HEAD = 'HTTP/1.1 200 OK\r\n';

/** By their bodies. */
const REQUESTS = [
  ['without a body', undefined],
  ['with a body', 'x'],
] as const;

test.each(REQUESTS)('a port on which nothing listens: %s', async (_request, text) => {
  const upstream = await serveHttp(() => {});
  const { sendRequest } = openOutbound();
  // Port 1 needs rights to listen on; nothing does.
  const authority = upstream.authority.replace(/:\d+$/, ':1');
  const body = text === undefined ? undefined : createWholeBody(text);
  const result = await sendRequest(toRequest(authority, { method: 'POST', body }), noSignal());
  expect(result).toEqual({ tag: 'err', val: { tag: 'connection-refused' } });
});

test('a name that does not resolve', async () => {
  const { sendRequest } = openOutbound({
    lookup: (_name, _options, callback) => callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), ''),
  });
  const result = await sendRequest(toRequest('nosuch.invalid'), noSignal());
  expect(result).toEqual({ tag: 'err', val: { tag: 'DNS-error', val: { rcode: 'NXDOMAIN', infoCode: undefined } } });
});

const BEFORE_HEAD = [
  ['a reset', (socket: Socket) => socket.resetAndDestroy(), 'connection-terminated'],
  ['a close', (socket: Socket) => socket.end(), 'connection-terminated'],
  ['a close within the head', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nx-a'), 'connection-terminated'],
  ['no HTTP', (socket: Socket) => socket.end('SSH-2.0-nonsense\r\n'), 'HTTP-protocol-error'],
  [
    'two lengths',
    (socket: Socket) => socket.end(`${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nhi`),
    'HTTP-protocol-error',
  ],
  [
    'an unasked upgrade',
    (socket: Socket) => socket.write('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    'HTTP-protocol-error',
  ],
  [
    'a huge field',
    (socket: Socket) => socket.end(`${HEAD}x: ${'a'.repeat(100_000)}\r\n\r\n`),
    'HTTP-response-header-section-size',
  ],
  [
    'a million fields',
    (socket: Socket) => socket.end(`${HEAD}${'a: b\r\n'.repeat(1_000_000)}\r\n`),
    'HTTP-response-header-section-size',
  ],
  ['endless informational responses', flood, 'HTTP-protocol-error'],
] as const;

function flood(socket: Socket): void {
  while (socket.writable && socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000)));
  socket.once('drain', () => flood(socket));
}

const BEFORE_HEAD_ROWS = BEFORE_HEAD.flatMap((row) =>
  REQUESTS.map(([what, text]) => [row[0], what, row, text] as const),
);

test.each(BEFORE_HEAD_ROWS)('instead of a head %s: %s', async (_what, _request, [, answer, tag], text) => {
  const upstream = await serveRaw((socket) => void answer(socket));
  const { sendRequest } = openOutbound();
  const body = text === undefined ? undefined : createWholeBody(text);
  const result = await sendRequest(toRequest(upstream.authority, { method: 'POST', body }), noSignal());
  expect(result).toMatchObject({ tag: 'err', val: { tag: expect.stringMatching(tag) } });
  await until(() => upstream.sockets.every((socket) => socket.destroyed));
});

const IN_BODY = [
  ['a reset', 'content-length: 9\r\n\r\nhi', 'resetAndDestroy', 'HTTP-response-incomplete'],
  ['a close before content-length', 'content-length: 9\r\n\r\nhi', 'destroySoon', 'HTTP-response-incomplete'],
  [
    'a close before the last chunk',
    'transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n',
    'destroySoon',
    'HTTP-response-incomplete',
  ],
  ['no chunk', 'transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n', 'write', 'HTTP-protocol-error'],
] as const;

test.each(IN_BODY.flatMap((row) => REQUESTS.map(([what, text]) => [row[0], what, row, text] as const)))(
  'within a body %s: %s',
  async (_what, _request, [, rest, end, tag], text) => {
    const upstream = await serveRaw((socket) => socket.write(`${HEAD}${rest}`));
    const { sendRequest } = openOutbound();
    const requestBody = text === undefined ? undefined : createWholeBody(text);
    const request = toRequest(upstream.authority, { method: 'POST', body: requestBody });
    const { body } = unwrap(await sendRequest(request, noSignal()));
    await until(() => body.isReady());
    upstream.sockets[0]?.[end]('zz\r\n');
    expect(await readAll(body)).toEqual({ text: 'hi', end: { tag } });
    expect(body.trailers()).toEqual({ tag: 'err', val: { tag } });
  },
);

test.each(REQUESTS)('a body that ends with its connection is complete: %s', async (_request, text) => {
  const upstream = await serveRaw((socket) => socket.end(`${HEAD}\r\nall of it`));
  const { sendRequest } = openOutbound();
  const body = text === undefined ? undefined : createWholeBody(text);
  const response = unwrap(await sendRequest(toRequest(upstream.authority, { method: 'POST', body }), noSignal()));
  expect(await readAll(response.body)).toEqual({ text: 'all of it', end: 'closed' });
});

test.each([
  ['CONNECT', { method: 'CONNECT' }, { tag: 'HTTP-protocol-error' }],
  ['connect', { method: 'connect' }, { tag: 'HTTP-protocol-error' }],
  ['an absolute form', { pathWithQuery: 'http://other/' }, { tag: 'HTTP-request-URI-invalid' }],
  ['user-info', { authority: 'user@127.0.0.1' }, { tag: 'HTTP-request-URI-invalid' }],
  ['port 0', { authority: '127.0.0.1:0' }, { tag: 'HTTP-request-URI-invalid' }],
  [
    'a length without a body',
    { fields: [['content-length', '5']] as const },
    { tag: 'HTTP-request-body-size', val: 0n },
  ],
])('nothing is sent for %s', async (_what, parts, val) => {
  const upstream = await serveHttp(() => {});
  const { sendRequest } = openOutbound();
  expect(await sendRequest(toRequest(upstream.authority, parts), noSignal())).toEqual({ tag: 'err', val });
  expect(upstream.sockets).toHaveLength(0);
});

test.each(['CR\rLF\nin', 'a\0b', 'sn\u2603w'])(
  'a field that our own check let through is refused: %j',
  async (value) => {
    const upstream = await serveHttp(() => {});
    const { sendRequest } = openOutbound();
    for (const [, text] of REQUESTS) {
      const body = text === undefined ? undefined : createWholeBody(text);
      const result = await sendRequest(
        toRequest(upstream.authority, { method: 'POST', fields: [['x', value]], body }),
        noSignal(),
      );
      expect(result).toMatchObject({ tag: 'err', val: { tag: 'HTTP-protocol-error' } });
    }
  },
);

const SILENT = { connectTimeoutMs: 600_000, firstByteTimeoutMs: 600_000, betweenBytesTimeoutMs: 600_000 };

test.each([0, 5])('a connection that is not made within %i ms', async (connectTimeoutMs) => {
  // A name that never resolves: the connection hangs, wherever the test runs.
  const { sendRequest } = openOutbound({ lookup: () => {} });
  for (const [, text] of REQUESTS) {
    const body = text === undefined ? undefined : createWholeBody(text);
    const result = await sendRequest(toRequest('upstream.test', { ...SILENT, body, connectTimeoutMs }), noSignal());
    expect(result).toEqual({ tag: 'err', val: { tag: 'connection-timeout' } });
  }
});

test.each([0, 5])('a head that does not come within %i ms', async (firstByteTimeoutMs) => {
  const upstream = await serveRaw(() => {});
  const { sendRequest } = openOutbound();
  for (const [, text] of REQUESTS) {
    const body = text === undefined ? undefined : createWholeBody(text);
    const request = toRequest(upstream.authority, { ...SILENT, body, firstByteTimeoutMs });
    expect(await sendRequest(request, noSignal())).toEqual({ tag: 'err', val: { tag: 'connection-read-timeout' } });
  }
  await until(() => upstream.sockets.every((socket) => socket.destroyed));
});

test.each([0, 5])('bytes that do not come within %i ms', async (betweenBytesTimeoutMs) => {
  const upstream = await serveRaw((socket) => socket.write(`${HEAD}content-length: 9\r\n\r\n`));
  const { sendRequest } = openOutbound();
  for (const [, text] of REQUESTS) {
    const body = text === undefined ? undefined : createWholeBody(text);
    const request = toRequest(upstream.authority, { ...SILENT, body, betweenBytesTimeoutMs });
    const response = unwrap(await sendRequest(request, noSignal()));
    expect(await readAll(response.body)).toEqual({ text: '', end: { tag: 'connection-read-timeout' } });
  }
  await until(() => upstream.sockets.every((socket) => socket.destroyed));
});

test('a timeout beyond the maximum of timers does not expire immediately', async () => {
  const upstream = await serveHttp((_request, response) => setTimeout(() => response.end('ok'), 20));
  const { sendRequest } = openOutbound();
  const max = Number.MAX_SAFE_INTEGER;
  const timeouts = { connectTimeoutMs: max, firstByteTimeoutMs: max, betweenBytesTimeoutMs: max };
  const { body } = unwrap(await sendRequest(toRequest(upstream.authority, timeouts), noSignal()));
  expect(await readAll(body)).toEqual({ text: 'ok', end: 'closed' });
});

const PHASES = ['before', 'resolving', 'waiting for the head', 'reading'] as const;

test.each(PHASES.flatMap((phase) => REQUESTS.map(([what, text]) => [phase, what, text] as const)))(
  'an abort leaves nothing behind: %s, %s',
  async (phase, _request, text) => {
    const upstream = await serveRaw((socket) => phase === 'reading' && socket.write(`${HEAD}\r\nhi`));
    const isResolving = vi.fn<() => void>();
    const { sendRequest } = openOutbound({ lookup: isResolving });
    const before = activeResources();
    const control = new AbortController();
    if (phase === 'before') control.abort();
    const body = text === undefined ? undefined : createBody();
    const authority = phase === 'resolving' ? 'upstream.test' : upstream.authority;
    const sending = sendRequest(toRequest(authority, { method: 'POST', body }), control.signal);
    if (phase === 'resolving') await until(() => isResolving.mock.calls.length === 1);
    if (phase === 'waiting for the head') await until(() => upstream.sockets.length === 1);
    const response = phase === 'reading' ? unwrap(await sending) : undefined;
    control.abort();
    if (response === undefined) expect(await sending).toEqual({ tag: 'err', val: { tag: 'connection-terminated' } });
    else expect(await readAll(response.body)).toMatchObject({ end: { tag: 'HTTP-response-incomplete' } });
    await until(() => upstream.sockets.every((socket) => socket.destroyed));
    await until(() => activeResources().length <= before.length);
    if (body !== undefined) expect(body.budget()).toEqual({ tag: 'closed' });
  },
);
