import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { Outbound } from '../../src/outbound/outbound.ts';
import {
  createBody,
  createCertificate,
  createWholeBody,
  noSignal,
  openOutbound,
  readAll,
  serveHttp,
  serveHttp2,
  serveRaw,
  serveRawHttp2,
  serveRawTls,
  toRequest,
  until,
  unwrap,
  type Upstream,
} from './upstreams.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const certificate = createCertificate();

const ENDS = {
  FIN: (socket: Socket) => socket.end(),
  RST: (socket: Socket) => socket.resetAndDestroy(),
} as const;

type Method = 'GET' | 'POST' | 'PUT';

/** Sends a request with a short body unless it is a GET; returns what became of it. */
async function send(outbound: Outbound, upstream: Upstream, method: Method, scheme: 'http' | 'https'): Promise<string> {
  const body = method === 'GET' ? undefined : createWholeBody('x', 1n);
  const sent = await outbound.sendRequest(toRequest(upstream.authority, { scheme, method, body }), noSignal());
  if (sent.tag === 'err') return sent.val.tag;
  const { text, end } = await readAll(sent.val.body);
  return end === 'closed' ? text : JSON.stringify(end);
}

/** 600 requests of 32 clients, and what became of them, each of it once. */
async function sendMany(outbound: Outbound, upstream: Upstream, method: Method, scheme: 'http' | 'https') {
  const seen = new Set<string>();
  let left = 600;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      seen.add(await send(outbound, upstream, method, scheme));
    }
  };
  await Promise.all(Array.from({ length: 32 }, client));
  return [...seen];
}

const CLOSINGS = (['FIN', 'RST'] as const).flatMap((end) =>
  (['at once', 'after 1 to 9 ms'] as const).flatMap((when) =>
    (['POST', 'PUT', 'GET'] as const).map((method) => [method, end, when] as const),
  ),
);

test.each(CLOSINGS)('no %s is lost to an upstream that closes by %s %s', async (method, end, when) => {
  let count = 0;
  const upstream = await serveRaw((socket) => {
    const answer = (): void => {
      if (!socket.writable) return;
      socket.write(OK);
      count += 1;
      if (when === 'at once') ENDS[end](socket);
      else setTimeout(() => ENDS[end](socket), 1 + (count % 9));
    };
    socket.on('data', answer);
    answer();
  });
  expect(await sendMany(openOutbound(), upstream, method, 'http')).toEqual(['ok']);
});

test.each(['FIN', 'RST'] as const)('no POST is lost to an HTTP/2 upstream that closes by %s', async (end) => {
  let count = 0;
  const upstream = await serveRawHttp2((peer, id) => {
    const close = (): unknown => (end === 'FIN' ? peer.socket.end() : peer.raw.resetAndDestroy());
    peer.headers(id, [[':status', '200']]).data(id, 'ok', 'end');
    peer.written(() => setTimeout(close, 1 + ((count += 1) % 9)));
  }, certificate);
  expect(await sendMany(openOutbound({ ca: [certificate.cert] }), upstream, 'POST', 'https')).toEqual(['ok']);
});

test('a POST that an upstream has read, and closed its connection upon, is not sent again', async () => {
  let posts = 0;
  const upstream = await serveRaw((socket, head) => {
    const answer = (text: string): void => {
      if (text.startsWith('GET')) return void socket.write(OK);
      posts += 1;
      socket.destroy();
    };
    socket.on('data', (bytes) => answer(bytes.toString('latin1')));
    answer(head);
  });
  const outbound = openOutbound();
  expect(await send(outbound, upstream, 'GET', 'http')).toBe('ok');
  expect(await send(outbound, upstream, 'POST', 'http')).toBe('connection-terminated');
  expect(posts).toBe(1);
});

test.each(['http', 'https'] as const)(
  'an upstream that has kept a connection for some time gets POSTs on kept ones: %s',
  async (scheme) => {
    const serve = scheme === 'http' ? serveHttp : serveHttp2;
    const upstream = await serve(
      (request, response) => void request.resume().on('end', () => response.end('ok')),
      certificate,
    );
    const outbound = openOutbound({ ca: [certificate.cert] });
    await send(outbound, upstream, 'GET', scheme);
    let before = 0;
    // Each on a connection of its own at first.
    for (let reused = 0; reused < 10; reused += upstream.sockets.length === before ? 1 : 0) {
      before = upstream.sockets.length;
      expect(await send(outbound, upstream, 'POST', scheme)).toBe('ok');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  },
);

test('unsolicited bytes close a kept connection, and answer no request', async () => {
  const upstream = await serveRaw((socket) => {
    socket.on('data', () => socket.write(OK));
    socket.write(OK);
    setTimeout(() => socket.write('HTTP/1.1 408 Request Timeout\r\ncontent-length: 3\r\n\r\nlow'), 5);
  });
  const outbound = openOutbound();
  expect(await send(outbound, upstream, 'GET', 'http')).toBe('ok');
  await until(() => upstream.sockets[0]?.destroyed === true);
  expect(await send(outbound, upstream, 'GET', 'http')).toBe('ok');
  expect(upstream.sockets).toHaveLength(2);
});

test('a connection with fields of a connection among its trailers, with more than its length says, or a close is not used again', async () => {
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n';
  const answers = [
    `${chunked}Connection: close\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n`,
    `${OK}${OK}`,
    'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok',
    'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\nok',
  ];
  for (const answer of answers) {
    const upstream = await serveRaw((socket) => {
      socket.on('data', () => socket.write(answer));
      socket.write(answer);
    });
    const outbound = openOutbound();
    for (const _ of [1, 2, 3]) expect(await send(outbound, upstream, 'GET', 'http')).toBe('ok');
    // Trailers frame nothing, so that connection is as good as before.
    expect(upstream.sockets).toHaveLength(answer === answers[0] ? 1 : 3);
  }
});

test('408 on a kept connection says that it was too old, on a new one it is the reply', async () => {
  const late = 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 4\r\n\r\nlate';
  const replies: string[] = [];
  for (const first of [OK, late]) {
    const upstream = await serveRaw((socket) => {
      socket.on('data', () => socket.end(late));
      socket.write(first);
    });
    const outbound = openOutbound();
    for (const _ of [1, 2]) replies.push(await send(outbound, upstream, 'PUT', 'http'));
    expect(upstream.sockets).toHaveLength(2);
  }
  expect(replies).toEqual(['ok', 'ok', 'late', 'late']);
});

test.each([
  ['REFUSED_STREAM', 'POST'],
  ['HTTP_1_1_REQUIRED', 'GET'],
] as const)(
  'a request that an upstream leaves alone by %s is sent again, and again, and then no more',
  async (code, method) => {
    const outbound = openOutbound({ ca: [certificate.cert] });
    for (const refusals of [2, 9]) {
      let count = 0;
      const upstream = await serveRawHttp2((peer, id) => {
        count += 1;
        if (count <= refusals) peer.reset(id, code);
        else peer.headers(id, [[':status', '200']]).data(id, 'ok', 'end');
      }, certificate);
      const seen = await send(outbound, upstream, method, 'https');
      // It speaks HTTP/2 only.
      if (code === 'HTTP_1_1_REQUIRED') expect([seen, count]).toEqual(['TLS-protocol-error', 1]);
      else expect([seen, count]).toEqual(refusals === 2 ? ['ok', 3] : ['connection-terminated', 3]);
    }
  },
);

test('a POST beyond the last stream of a farewell is sent again with all of its body, one before it is not', async () => {
  const bodies: number[] = [];
  for (const lastStreamId of [0, 1]) {
    let count = 0;
    const upstream = await serveRawHttp2((peer, id) => {
      count += 1;
      if (count > 1) peer.headers(id, [[':status', '200']]).data(id, 'ok', 'end');
      else peer.goaway(lastStreamId, 'NO_ERROR').socket.end();
    }, certificate);
    const outbound = openOutbound({ ca: [certificate.cert] });
    const body = createBody();
    for (const text of ['one', 'two', 'three']) body.write(Buffer.from(text));
    body.finish(undefined);
    const request = toRequest(upstream.authority, { scheme: 'https', method: 'POST', body });
    const sent = await outbound.sendRequest(request, noSignal());
    expect(sent.tag).toBe(lastStreamId === 0 ? 'ok' : 'err');
    bodies.push(count);
  }
  expect(bodies).toEqual([2, 1]);
});

test('a body that was begun on a connection that was just closed is sent again from its start', async () => {
  const seen: string[] = [];
  const upstream = await serveRaw((socket, first) => {
    let text = '';
    let count = 0;
    const take = (bytes: string): void => {
      text += bytes;
      // The second request on a connection is answered by its end, as if it had been closing.
      if (count === 1) return void socket.destroy();
      if (!/^(?:GET .*\r\n\r\n|.*\r\n\r\n.*one.*two.*0\r\n\r\n)$/s.test(text)) return;
      count += 1;
      seen.push(text.replace(/^.*?\r\n\r\n/s, ''));
      text = '';
      socket.write(OK);
    };
    socket.on('data', (bytes) => take(bytes.toString('latin1')));
    take(first);
  });
  const outbound = openOutbound();
  expect(await send(outbound, upstream, 'GET', 'http')).toBe('ok');
  const body = createBody();
  body.write(Buffer.from('one'));
  const sending = outbound.sendRequest(toRequest(upstream.authority, { method: 'DELETE', body }), noSignal());
  await until(() => upstream.sockets.length === 2);
  body.write(Buffer.from('two'));
  body.finish(undefined);
  expect(await readAll(unwrap(await sending).body)).toEqual({ text: 'ok', end: 'closed' });
  expect(seen).toEqual(['', '3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n']);
});

/** Answers without having read the body, which makes the kernel reset the connection. */
function answerUnread(socket: Socket, raw: Socket): void {
  raw.pause();
  socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno', () => raw.resetAndDestroy());
}

test.each(['http', 'https'] as const)(
  'an answer that comes before the upstream has read the body, and then closes, is not lost: %s',
  async (scheme) => {
    const upstream =
      scheme === 'http'
        ? await serveRaw((socket) => answerUnread(socket, socket))
        : await serveRawTls((socket, raw) => answerUnread(socket, raw), certificate);
    const outbound = openOutbound({ ca: [certificate.cert] });
    for (let count = 0; count < 50; count += 1) {
      const body = createBody();
      const request = toRequest(upstream.authority, { scheme, method: 'POST', body });
      const sending = outbound.sendRequest(request, noSignal());
      for (let piece = 0; piece < 20; piece += 1) body.write(new Uint8Array(64 * 1024));
      body.finish(undefined);
      const response = unwrap(await sending);
      expect(await readAll(response.body)).toEqual({ text: 'no', end: 'closed' });
    }
  },
);

const TLS_ENDS = [
  ['until its end, which is signed', 'HTTP/1.1 200 OK\r\n\r\nok', 'close_notify', 'ok'],
  [
    'until its end, which anybody may have made',
    'HTTP/1.1 200 OK\r\n\r\nok',
    'FIN',
    '{"tag":"HTTP-response-incomplete"}',
  ],
  ['of a length, whatever its end', OK, 'FIN', 'ok'],
  [
    'of a length that is not reached',
    'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok',
    'close_notify',
    '{"tag":"HTTP-response-incomplete"}',
  ],
  [
    'in chunks, whatever its end',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'FIN',
    'ok',
  ],
] as const;

test.each(TLS_ENDS)('a body over TLS %s', async (_what, bytes, end, expected) => {
  const upstream = await serveRawTls((socket, raw) => {
    socket.write(bytes, () => (end === 'FIN' ? raw.end() : socket.end()));
  }, certificate);
  const outbound = openOutbound({ ca: [certificate.cert] });
  for (const method of ['GET', 'POST'] as const) expect(await send(outbound, upstream, method, 'https')).toBe(expected);
});

test.each(['http1', 'http2'])('fields that one version of HTTP has and the other has not: %s', async (version) => {
  const seen: string[][] = [];
  const serve = version === 'http2' ? serveHttp2 : serveHttp;
  const upstream = await serve((request, response) => {
    seen.push(
      request.rawHeaders.filter((_text, index, all) =>
        /^(?:x-|te|authorization|expect)/.test(all[index - (index % 2)] ?? ''),
      ),
    );
    response.end('ok');
  }, certificate);
  const outbound = openOutbound({ ca: [certificate.cert] });
  const fields = [
    ['te', 'deflate, trailers;q=0.5'],
    ['te', 'trailers'],
    ['te', 'deflate'],
    ['x-spaces', ' \ta b\t '],
    ['x-empty', ' '],
    ['authorization', 'one'],
    ['authorization', 'two'],
    ['x-latin1', 'caf\xe9'],
    ['expect', '100-continue'],
  ] as const;
  const scheme = version === 'http2' ? 'https' : 'http';
  unwrap(await outbound.sendRequest(toRequest(upstream.authority, { scheme, fields }), noSignal()));
  const te =
    version === 'http2' ? ['te', 'trailers'] : ['te', 'deflate, trailers;q=0.5', 'te', 'trailers', 'te', 'deflate'];
  expect(seen[0]).toEqual([
    ...te,
    ...['x-spaces', 'a b', 'x-empty', '', 'authorization', 'one', 'authorization', 'two', 'x-latin1', 'caf\xe9'],
    ...['expect', '100-continue'],
  ]);
});
