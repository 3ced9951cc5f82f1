import { once } from 'node:events';
import { expect, test } from 'vitest';
import { toErrorCode } from '../../src/outbound/to-error-code.ts';
import {
  createBody,
  createCertificate,
  createWholeBody,
  noSignal,
  openOutbound,
  readAll,
  ready,
  serveHttp,
  serveHttp2,
  serveHttps,
  serveRaw,
  toRequest,
  until,
  unwrap,
} from './upstreams.ts';

const certificate = createCertificate();

test.each(['', 'body'])(
  'method, path, Host and fields arrive as they are, in their order, byte by byte; body "%s"',
  async (text) => {
    const heads: string[] = [];
    const upstream = await serveRaw((socket, head) => {
      heads.push(head);
      socket.end('HTTP/1.1 204 No Content\r\n\r\n');
    });
    const { sendRequest } = openOutbound();
    const fields = [
      ['x-b', '1'],
      ['x-a', 'caf\xe9'],
      ['x-b', '2'],
    ] as const;
    const request = toRequest(upstream.authority, { method: 'M-SEARCH', pathWithQuery: '/a%20b?c=//d&é', fields });
    const body = text === '' ? undefined : createWholeBody(text, BigInt(text.length));
    unwrap(await sendRequest({ ...request, body }, noSignal()));
    const [line, ...rest] = heads[0]?.replace(/body$/, '').split('\r\n') ?? [];
    expect(line).toBe('M-SEARCH /a%20b?c=//d&\xc3\xa9 HTTP/1.1');
    expect(rest.filter((field) => !/^connection/i.test(field))).toEqual([
      `host: ${upstream.authority}`,
      'x-b: 1',
      'x-a: caf\xe9',
      'x-b: 2',
      ...(body === undefined ? [] : ['content-length: 4']),
      '',
      '',
    ]);
  },
);

test.each(['GET', 'POST'])(
  'duplicates, order and bytes of the response to a %s are kept, hop-by-hop fields are not',
  async (method) => {
    const upstream = await serveRaw((socket) => {
      const fields =
        'Set-Cookie: a=1\r\nX-Name: \xe9\r\nConnection: close\r\nKeep-Alive: x\r\nSet-Cookie: b=2\r\nEmpty:\r\n';
      socket.end(Buffer.from(`HTTP/1.1 299 Odd\r\n${fields}content-length: 2\r\n\r\nhi`, 'latin1'));
    });
    const { sendRequest } = openOutbound();
    const body = method === 'POST' ? createWholeBody('x') : undefined;
    const response = unwrap(await sendRequest(toRequest(upstream.authority, { method, body }), noSignal()));
    expect(response.status).toBe(299);
    expect(response.fields).toEqual([
      ['set-cookie', 'a=1'],
      ['x-name', '\xe9'],
      ['set-cookie', 'b=2'],
      ['empty', ''],
      ['content-length', '2'],
    ]);
    expect(await readAll(response.body)).toEqual({ text: 'hi', end: 'closed' });
  },
);

test.each([
  ['GET', undefined],
  ['PUT', 'body'],
  ['GET', ''],
])('two sequential %s requests with body %s use one connection', async (method, text) => {
  const upstream = await serveHttp((request, response) => request.resume().on('end', () => response.end('ok')));
  const { sendRequest } = openOutbound();
  for (const _ of [1, 2, 3]) {
    const body = text === undefined ? undefined : createWholeBody(text);
    const response = unwrap(await sendRequest(toRequest(upstream.authority, { method, body }), noSignal()));
    expect(await readAll(response.body)).toEqual({ text: 'ok', end: 'closed' });
    await new Promise(setImmediate);
  }
  expect(upstream.sockets).toHaveLength(1);
});

test('a kept connection that the upstream has closed is replaced', async () => {
  let count = 0;
  const upstream = await serveRaw((socket) => {
    count += 1;
    // The second request on a connection is answered by closing it.
    socket.on('data', () => socket.destroy());
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  });
  const { sendRequest } = openOutbound();
  for (const _ of [1, 2, 3]) {
    const response = unwrap(await sendRequest(toRequest(upstream.authority), noSignal()));
    expect(await readAll(response.body)).toEqual({ text: 'ok', end: 'closed' });
  }
  expect(count).toBe(3);
});

test('redirects are not followed, encodings not undone', async () => {
  const upstream = await serveHttp((_request, response) => {
    response.writeHead(302, { location: '/elsewhere', 'content-encoding': 'gzip' }).end('not gzip');
  });
  const { sendRequest } = openOutbound();
  const response = unwrap(await sendRequest(toRequest(upstream.authority), noSignal()));
  expect(response.status).toBe(302);
  expect(await readAll(response.body)).toEqual({ text: 'not gzip', end: 'closed' });
});

test.each(['GET', 'POST'])('informational responses to a %s are skipped', async (method) => {
  const upstream = await serveRaw((socket) => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n'.repeat(10);
    const unasked = method === 'POST' ? 'HTTP/1.1 100 Continue\r\n\r\n' : '';
    socket.end(`${unasked}${hints}HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n`);
  });
  const { sendRequest } = openOutbound();
  const body = method === 'POST' ? createWholeBody('x') : undefined;
  const response = unwrap(await sendRequest(toRequest(upstream.authority, { method, body }), noSignal()));
  expect(response.status).toBe(200);
});

test.each(['OPTIONS *', 'expect'])('what few clients send is sent: %s', async (what) => {
  const lines: (string | undefined)[] = [];
  const upstream = await serveHttp((request, response) => {
    lines.push(`${request.method} ${request.url}`, request.headers.expect);
    response.end();
  });
  const { sendRequest } = openOutbound();
  const parts =
    what === 'expect' ? { fields: [['expect', '100-continue'] as const] } : { method: 'OPTIONS', pathWithQuery: '*' };
  expect(unwrap(await sendRequest(toRequest(upstream.authority, parts), noSignal())).status).toBe(200);
  expect(lines).toEqual(what === 'expect' ? ['GET /', '100-continue'] : ['OPTIONS *', undefined]);
});

test.each([
  ['https', serveHttps],
  ['http2', serveHttp2],
] as const)('%s: requests with and without a body, and their pool', async (_name, serve) => {
  const upstream = await serve((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      response.setHeader('x-version', request.httpVersion);
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.setHeader('x-name', 'caf\xe9');
      response.setHeader('x-in', request.headers['x-in'] ?? '');
      // As a string it would make Node send the head as UTF-8.
      response.end(Buffer.from(`${request.method} ${Buffer.concat(pieces)}`));
    });
  }, certificate);
  const { sendRequest } = openOutbound({ ca: [certificate.cert] });
  for (const method of ['GET', 'GET', 'PUT', 'PUT']) {
    const body = method === 'PUT' ? createWholeBody('text') : undefined;
    const request = toRequest(upstream.authority, { method, scheme: 'https', body, fields: [['x-in', 'caf\xe9']] });
    const response = unwrap(await sendRequest(request, noSignal()));
    expect(response.fields.find(([name]) => name === 'x-version')?.[1]).toBe(_name === 'http2' ? '2.0' : '1.1');
    expect(response.fields.filter(([name]) => name === 'set-cookie')).toEqual([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
    expect(response.fields).toContainEqual(['x-name', 'caf\xe9']);
    expect(response.fields).toContainEqual(['x-in', 'caf\xe9']);
    expect(await readAll(response.body)).toEqual({ text: method === 'PUT' ? 'PUT text' : 'GET ', end: 'closed' });
    await new Promise(setImmediate);
  }
  expect(upstream.sockets).toHaveLength(1);
});

test('an untrusted certificate is an error, as is an upstream without TLS', async () => {
  const secure = await serveHttps((_request, response) => response.end(), certificate);
  const plain = await serveRaw((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const { sendRequest } = openOutbound();
  const untrusted = await sendRequest(toRequest(secure.authority, { scheme: 'https' }), noSignal());
  expect(untrusted).toEqual({ tag: 'err', val: { tag: 'TLS-protocol-error' } });
  const noTls = await sendRequest(toRequest(plain.authority, { scheme: 'https' }), noSignal());
  expect(noTls).toEqual({ tag: 'err', val: { tag: 'TLS-protocol-error' } });
});

test.each([
  ['OPTIONS *', { method: 'OPTIONS', pathWithQuery: '*' }],
  ['expect', { fields: [['expect', '100-continue'] as const] }],
  ['trailer', { fields: [['trailer', 'x-sum'] as const] }],
])('an upstream that speaks HTTP/2 only gets all kinds of requests: %s', async (_what, parts) => {
  const seen: unknown[] = [];
  const upstream = await serveHttp2((request, response) => {
    request.resume().on('end', () => {
      seen.push(request.url, request.trailers['x-sum']);
      response.end();
    });
  }, certificate);
  const { sendRequest } = openOutbound({ ca: [certificate.cert] });
  const body = createBody();
  body.finish([['x-sum', '1']]);
  const request = toRequest(upstream.authority, { scheme: 'https', body, ...parts });
  expect(unwrap(await sendRequest(request, noSignal())).status).toBe(200);
  expect(seen).toEqual([_what === 'OPTIONS *' ? '*' : '/', _what === 'trailer' ? '1' : undefined]);
});

test.each([
  ['a refused port', 'ECONNREFUSED', 'connection-refused'],
  ['an unknown code', 'EWHATEVER', 'internal-error'],
  ['HTTP/2', 'ERR_HTTP2_STREAM_ERROR', 'HTTP-protocol-error'],
  ['a certificate', 'CERT_HAS_EXPIRED', 'TLS-protocol-error'],
  ['TLS', 'ERR_SSL_WRONG_VERSION_NUMBER', 'TLS-protocol-error'],
  ['a name', 'EAI_AGAIN', 'DNS-error'],
])('the table knows %s', (_what, code, tag) => {
  const error = Object.assign(new Error('what happened'), { code });
  expect(toErrorCode(error).tag).toBe(tag);
  expect(toErrorCode(new AggregateError([error, new Error('other')])).tag).toBe(tag);
  expect(toErrorCode(new Error('outer', { cause: error })).tag).toBe(tag);
});

test('a slow body is sent as it is written, its head before its first byte', async () => {
  const seen: string[] = [];
  const upstream = await serveHttp((request, response) => {
    seen.push('head');
    request.setEncoding('latin1').on('data', (text: string) => seen.push(text));
    request.on('end', () => response.end());
  });
  const { sendRequest } = openOutbound();
  const body = createBody();
  const sending = sendRequest(toRequest(upstream.authority, { method: 'POST', body }), noSignal());
  await until(() => seen.length === 1);
  body.write(Buffer.from('one'));
  await until(() => seen.length === 2);
  body.write(Buffer.from('two'));
  await until(() => seen.length === 3);
  body.finish(undefined);
  unwrap(await sending);
  expect(seen).toEqual(['head', 'one', 'two']);
});

test('disposing fails what is under way and what comes after, and closes connections', async () => {
  const upstream = await serveHttp(() => {});
  const outbound = openOutbound();
  const sending = outbound.sendRequest(toRequest(upstream.authority), noSignal());
  await until(() => upstream.sockets.length === 1);
  const closed = once(upstream.sockets[0] as never, 'close');
  await outbound[Symbol.asyncDispose]();
  const stopped = { tag: 'err', val: { tag: 'connection-terminated' } };
  expect(await sending).toEqual(stopped);
  expect(await outbound.sendRequest(toRequest(upstream.authority), noSignal())).toEqual(stopped);
  await closed;
});

test('a body is ready when it ends, even if nobody reads', async () => {
  const upstream = await serveHttp((_request, response) => response.end('a'.repeat(1000)));
  const { sendRequest } = openOutbound();
  const { body } = unwrap(await sendRequest(toRequest(upstream.authority), noSignal()));
  body.discard();
  await ready(body);
  expect(body.trailers()).toEqual({ tag: 'ok', val: undefined });
});
