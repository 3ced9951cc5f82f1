import { once } from 'node:events';
import type { Http2ServerRequest } from 'node:http2';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
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
  serveRaw,
  toRequest,
  until,
  unwrap,
} from './upstreams.ts';

const MIB = 1024 * 1024;
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const certificate = createCertificate();

test.each([
  ['POST', 'text', undefined, /transfer-encoding: chunked\r\n\r\n4\r\ntext\r\n0\r\n\r\n$/i],
  ['POST', 'text', 4n, /content-length: 4\r\n\r\ntext$/i],
  ['POST', '', 0n, /content-length: 0\r\n\r\n$/i],
  ['GET', '', undefined, /\r\n0\r\n\r\n$/],
])('the framing of a %s with body "%s" and length %s', async (method, text, length, expected) => {
  let seen = '';
  const upstream = await serveRaw((socket, head) => {
    seen = head;
    const answer = (): void => void (expected.test(seen) && socket.end(OK));
    socket.on('data', (bytes) => {
      seen += bytes.toString('latin1');
      answer();
    });
    answer();
  });
  const { sendRequest } = openOutbound();
  const body = createWholeBody(text, length);
  unwrap(await sendRequest(toRequest(upstream.authority, { method, body }), noSignal()));
  expect(seen).toMatch(expected);
});

test('declared trailers are sent, others are not', async () => {
  const seen: unknown[] = [];
  const upstream = await serveHttp((request, response) => {
    request.resume().on('end', () => {
      seen.push(request.rawTrailers);
      response.end();
    });
  });
  const { sendRequest } = openOutbound();
  for (const fields of [[['trailer', 'x-sum, X-Other'] as const], []]) {
    const body = createBody();
    body.write(Buffer.from('text'));
    body.finish([
      ['x-sum', '\xe9'],
      ['x-unannounced', '1'],
    ]);
    unwrap(await sendRequest(toRequest(upstream.authority, { method: 'POST', fields, body }), noSignal()));
  }
  expect(seen).toEqual([['x-sum', '\xe9'], []]);
});

test.each([
  ['without a body', undefined],
  ['with a body', 'x'],
])('trailers of a response to a request %s', async (_what, text) => {
  const upstream = await serveRaw((socket) => {
    const trailers = 'X-Sum: \xe9\r\nconnection: x\r\nx-sum: 2\r\n';
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    socket.end(Buffer.from(`${head}2\r\nhi\r\n0\r\n${trailers}\r\n`, 'latin1'));
  });
  const { sendRequest } = openOutbound();
  const body = text === undefined ? undefined : createWholeBody(text);
  const response = unwrap(await sendRequest(toRequest(upstream.authority, { method: 'POST', body }), noSignal()));
  expect(response.body.trailers()).toBeUndefined();
  expect(await readAll(response.body)).toEqual({ text: 'hi', end: 'closed' });
  const trailers = [
    ['x-sum', '\xe9'],
    ['x-sum', '2'],
  ];
  expect(response.body.trailers()).toEqual({ tag: 'ok', val: trailers });
});

test('trailers of an HTTP/2 response', async () => {
  const upstream = await serveHttp2((_request, response) => {
    response.write('hi');
    response.addTrailers({ 'x-sum': '1' });
    response.end();
  }, certificate);
  const { sendRequest } = openOutbound({ ca: [certificate.cert] });
  const { body } = unwrap(await sendRequest(toRequest(upstream.authority, { scheme: 'https' }), noSignal()));
  expect(await readAll(body)).toEqual({ text: 'hi', end: 'closed' });
  expect(body.trailers()).toEqual({ tag: 'ok', val: [['x-sum', '1']] });
});

test.each([
  ['without a body', undefined],
  ['with a body', 'x'],
])('a reader that is slow holds up the upstream of a request %s', async (_what, text) => {
  const total = 64 * MIB;
  let held = false;
  let sent = 0;
  const upstream = await serveHttp((_request, response) => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const write = (): void => {
      while (sent < total) {
        sent += piece.byteLength;
        if (!response.write(piece)) {
          held = true;
          return;
        }
      }
      response.end();
    };
    response.on('drain', write);
    write();
  });
  const { sendRequest } = openOutbound();
  const body = text === undefined ? undefined : createWholeBody(text);
  const response = unwrap(await sendRequest(toRequest(upstream.authority, { method: 'POST', body }), noSignal()));
  // The kernel's buffers take a few MiB; then it stops until it is read.
  let last = -1;
  while (last !== sent) {
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(held).toBe(true);
  expect(sent).toBeLessThan(total / 2);
  let read = unreadIn(response.body);
  expect(read).toBeLessThanOrEqual(256 * 1024);
  for (;;) {
    await ready(response.body);
    const piece = response.body.read(MIB);
    if (!(piece instanceof Uint8Array)) break;
    read += piece.byteLength;
  }
  expect(read).toBe(total);
});

/** What can be read without anything more coming in: reads in one turn of the event loop. */
function unreadIn(body: { isReady(): boolean; read(maxBytes: number): unknown }): number {
  let byteLength = 0;
  while (body.isReady()) {
    const piece = body.read(1000);
    if (!(piece instanceof Uint8Array) || piece.byteLength > 1000) throw new Error('no piece');
    byteLength += piece.byteLength;
  }
  return byteLength;
}

test('a slow HTTP/2 reader holds up its upstream and not its neighbours', async () => {
  let sent = 0;
  const upstream = await serveHttp2((request, response) => {
    if (request.url === '/small') return response.end('small');
    const piece = Buffer.alloc(64 * 1024);
    const write = (): void => {
      do sent += piece.byteLength;
      while (response.write(piece));
    };
    response.on('drain', write);
    write();
    return undefined;
  }, certificate);
  const { sendRequest } = openOutbound({ ca: [certificate.cert] });
  const large = toRequest(upstream.authority, { scheme: 'https' });
  const { body } = unwrap(await sendRequest(large, noSignal()));
  let last = -1;
  while (last !== sent) {
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(sent).toBeLessThan(2 * MIB);
  const small = unwrap(await sendRequest({ ...large, pathWithQuery: '/small' }, noSignal()));
  expect(await readAll(small.body)).toEqual({ text: 'small', end: 'closed' });
  body[Symbol.dispose]();
});

test('an upstream that does not read holds up the guest', async () => {
  const upstream = await serveHttp((request) => void request.pause());
  const { sendRequest } = openOutbound();
  const body = createBody();
  const control = new AbortController();
  const sending = sendRequest(toRequest(upstream.authority, { method: 'POST', body }), control.signal);
  let written = 0;
  for (let idle = 0; idle < 100; idle += 1) {
    while (body.budget() !== 0 && written < 256 * MIB) {
      written += MIB;
      body.write(new Uint8Array(MIB));
      idle = 0;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(written).toBeLessThan(64 * MIB);
  control.abort();
  expect(await sending).toMatchObject({ tag: 'err' });
  expect(body.budget()).toEqual({ tag: 'closed' });
});

test.each([
  ['before the connection', false],
  ['after some bytes', true],
])('a body that is aborted %s never looks complete', async (_when, isStarted) => {
  let seen = '';
  const sockets: Socket[] = [];
  const upstream = await serveRaw((socket, head) => {
    sockets.push(socket);
    seen += head;
    socket.on('data', (bytes) => (seen += bytes.toString('latin1')));
  });
  const { sendRequest } = openOutbound();
  const body = createBody();
  if (!isStarted) body.abort('the guest dropped it');
  const sending = sendRequest(toRequest(upstream.authority, { method: 'POST', body }), noSignal());
  if (isStarted) {
    body.write(Buffer.from('text'));
    await until(() => seen.includes('4\r\ntext'));
    body.abort('the guest dropped it');
  }
  expect(await sending).toEqual({ tag: 'err', val: { tag: 'HTTP-protocol-error' } });
  for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
  expect(seen).not.toMatch(/0\r\n\r\n$/);
});

test.each([0, 1, 2, 3, 5, 8, 20, 50])(
  'an HTTP/2 body that is aborted after %i ms is broken off, and the host goes on',
  async (delayMs) => {
    const ends: string[] = [];
    const upstream = await serveHttp2((request) => {
      const { stream } = request as unknown as Http2ServerRequest;
      stream.on('error', () => {});
      stream.resume().on('close', () => ends.push(stream.aborted ? 'aborted' : 'complete'));
    }, certificate);
    const { sendRequest } = openOutbound({ ca: [certificate.cert] });
    for (const _ of [1, 2, 3, 4]) {
      const body = createBody();
      const request = toRequest(upstream.authority, { method: 'POST', scheme: 'https', body });
      const sending = sendRequest(request, noSignal());
      body.write(Buffer.from('text'));
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      body.abort('the guest dropped it');
      expect(await sending).toEqual({ tag: 'err', val: { tag: 'HTTP-protocol-error' } });
    }
    await until(() => upstream.sockets.every((socket) => socket.destroyed));
    expect(ends).not.toContain('complete');
  },
);

test('an early response does not end the request: both continue', async () => {
  const seen: string[] = [];
  const upstream = await serveHttp((request, response) => {
    response.write('early');
    request.setEncoding('latin1').on('data', (text: string) => seen.push(text));
    request.on('end', () => response.end(' late'));
  });
  const { sendRequest } = openOutbound();
  const body = createBody();
  const request = toRequest(upstream.authority, { method: 'POST', body });
  const response = unwrap(await sendRequest(request, noSignal()));
  body.write(Buffer.from('text'));
  await until(() => seen.length === 1);
  body.finish(undefined);
  expect(await readAll(response.body)).toEqual({ text: 'early late', end: 'closed' });
});

test('a response that is complete before its request ends the request', async () => {
  const upstream = await serveRaw((socket) => socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno'));
  const { sendRequest } = openOutbound();
  const body = createBody();
  const request = toRequest(upstream.authority, { method: 'POST', body });
  const response = unwrap(await sendRequest(request, noSignal()));
  expect(await readAll(response.body)).toEqual({ text: 'no', end: 'closed' });
  expect(body.budget()).toEqual({ tag: 'closed' });
  await until(() => upstream.sockets[0]?.destroyed === true);
});

test('an HTTP/2 response that is complete before its request ends the request', async () => {
  const upstream = await serveHttp2((_request, response) => response.end('no'), certificate);
  const { sendRequest } = openOutbound({ ca: [certificate.cert] });
  for (const _ of [1, 2]) {
    const body = createBody();
    const request = toRequest(upstream.authority, { method: 'POST', scheme: 'https', body });
    const response = unwrap(await sendRequest(request, noSignal()));
    expect(await readAll(response.body)).toEqual({ text: 'no', end: 'closed' });
    expect(body.budget()).toEqual({ tag: 'closed' });
    await until(() => upstream.sockets.every((socket) => socket.destroyed));
  }
});

test('discarding a long body brings its trailers, disposing closes its connection', async () => {
  const upstream = await serveHttp((_request, response) => {
    response.writeHead(200, { trailer: 'x-sum' });
    response.addTrailers({ 'x-sum': '1' });
    response.end(Buffer.alloc(8 * MIB));
  });
  const { sendRequest } = openOutbound();
  const discarded = unwrap(await sendRequest(toRequest(upstream.authority), noSignal())).body;
  discarded.discard();
  while (discarded.trailers() === undefined) await ready(discarded);
  expect(discarded.trailers()).toEqual({ tag: 'ok', val: [['x-sum', '1']] });
  const disposed = unwrap(await sendRequest(toRequest(upstream.authority), noSignal())).body;
  disposed[Symbol.dispose]();
  disposed[Symbol.dispose]();
  await until(() => upstream.sockets.some((socket) => socket.destroyed));
});

test('a body that a close would end is not whole if a write has learned that the connection was reset', async () => {
  const upstream = await serveRaw((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\npart of');
    socket.resetAndDestroy();
  });
  const { sendRequest } = openOutbound();
  const body = createBody();
  body.write(Buffer.from('some'));
  const response = unwrap(await sendRequest(toRequest(upstream.authority, { method: 'POST', body }), noSignal()));
  // Before the loop polls again: the kernel reports each reset once, to the first operation, and an end to all later ones.
  body.write(Buffer.from('more'));
  expect(await readAll(response.body)).toEqual({ text: 'part of', end: { tag: 'HTTP-response-incomplete' } });
});
