import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { readFacts } from '../harness/facts.ts';
import { type Way, answer, nodeWays, ways } from '../harness/matrix.ts';
import { connectRaw } from '../harness/raw-client.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { closedPort, startTcpUpstream, startUpstream } from '../harness/upstream.ts';

const RULES = [
  'fresh method -> GET',
  'fresh scheme -> None',
  'fresh authority -> None',
  'fresh path-with-query -> None',
  'headers are immutable -> immutable',
  'set-method "GET" -> ok',
  'set-method "PURGE" -> ok',
  'set-method "purge" -> ok',
  'set-method "M-SEARCH" -> ok',
  'set-method "" -> err',
  'set-method "A B" -> err',
  'set-method "A\\n" -> err',
  'set-method "café" -> err',
  'set-scheme "ftp" -> ok',
  'set-scheme "a+b.c-1" -> ok',
  'set-scheme "" -> err',
  'set-scheme "1a" -> err',
  'set-scheme "a b" -> err',
  'set-scheme "a:" -> err',
  'set-scheme none -> ok',
  'set-authority "example.com" -> ok',
  'set-authority "example.com:8080" -> ok',
  'set-authority "[::1]:80" -> ok',
  'set-authority "user@example.com" -> err',
  'set-authority "" -> err',
  'set-authority "a b" -> err',
  'set-authority "a/b" -> err',
  'set-authority "a:99999" -> err',
  'set-authority "a\\r\\nb" -> err',
  'set-authority none -> ok',
  'set-path-with-query "/" -> ok',
  'set-path-with-query "/a?b=c" -> ok',
  'set-path-with-query "" -> ok',
  'set-path-with-query "a" -> err',
  'set-path-with-query "?q" -> ok',
  'set-path-with-query "*" -> ok',
  'set-path-with-query "/a b" -> err',
  'set-path-with-query "/a#b" -> err',
  'set-path-with-query "/café" -> ok',
  'set-path-with-query "http://other.example/" -> err',
  'set-path-with-query "/a\\r\\nb" -> err',
  'set-path-with-query none -> ok',
  'path-with-query -> Some("/kept?x=%41")',
  'body first -> ok',
  'body second -> err',
  'fresh timeouts -> [None, None, None]',
  'set-connect-timeout -> ok',
  'set-first-byte-timeout -> ok',
  'set-between-bytes-timeout -> ok',
  'timeouts -> [Some(1), Some(0), Some(18446744073709551615)]',
  'set-connect-timeout none -> ok',
  'timeouts after none -> [None, Some(0), Some(18446744073709551615)]',
  'handle without authority -> err at once: ErrorCode::HttpRequestUriInvalid',
  'handle scheme ftp -> err at once: ErrorCode::HttpProtocolError',
  'handle scheme ws -> err at once: ErrorCode::HttpProtocolError',
  'handle path-with-query None -> err at once: ErrorCode::HttpRequestUriInvalid',
  'handle path-with-query Some("") -> err at once: ErrorCode::HttpRequestUriInvalid',
  'handle method Method::Connect -> err later: ErrorCode::HttpProtocolError',
  'handle method Method::Other("CONNECT") -> err later: ErrorCode::HttpProtocolError',
  'handle method Method::Other("connect") -> err later: ErrorCode::HttpProtocolError',
];

/** What the `outbound-get` guest makes of an upstream: its report, or the error. */
async function get(way: Way, url: string, query = ''): Promise<string> {
  await using guest = await answer(way, 'outbound-get');
  const response = await guest.send(`/?url=${encodeURIComponent(url)}${query}`);
  return await response.text();
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming) text += (chunk as Buffer).toString('latin1');
  return text;
}

describe.each(ways)('the rules of outgoing requests, $engine $isolation $exchange', (way) => {
  let facts: string[];

  beforeAll(async () => {
    await using guest = await answer(way, 'outbound-rules');
    facts = await readFacts(await guest.send('/'));
  });

  test.each(RULES)('%s', (fact) => {
    expect(facts).toContain(fact);
  });

  test('there is no other', () => {
    expect(facts).toEqual(RULES);
  });
});

describe.each(ways)('$engine $isolation $exchange', (way) => {
  test("a guest gets an upstream's status, fields, body and trailers", async () => {
    await using upstream = await startUpstream((_incoming, outgoing) => {
      outgoing.writeHead(203, ['X-Two', 'a', 'X-Latin', 'caf\u{e9}', 'X-Two', 'b', 'Trailer', 'X-Sum', 'Date', 'now']);
      outgoing.write('the ');
      outgoing.write('body');
      outgoing.addTrailers({ 'X-Sum': '7' });
      outgoing.end();
    });
    const text = await get(way, `${upstream.origin}/p?q`);
    expect(text).toMatch(/^status: 203\nheader: x-two: a\nheader: x-latin: caf\\xe9\nheader: x-two: b\n/);
    expect(text).toMatch(/\n\nthe body\ntrailer: x-sum: 7\n$/);
    expect(upstream.requests.all[0]).toMatchObject({ method: 'GET', url: '/p?q' });
  });

  test.each(['connection', 'keep-alive', 'transfer-encoding', 'host'])(
    'a guest does not see the field %s of an upstream',
    async (name) => {
      await using upstream = await startUpstream((_incoming, outgoing) => {
        outgoing.writeHead(200, { connection: 'keep-alive', 'keep-alive': 'timeout=9', host: 'odd' });
        outgoing.write('x');
        outgoing.end();
      });
      expect(await get(way, upstream.origin)).not.toContain(`header: ${name}:`);
    },
  );

  test("an upstream's Host is the authority", async () => {
    await using upstream = await startUpstream((incoming, outgoing) => void outgoing.end(incoming.headers.host));
    expect(await get(way, upstream.origin)).toContain(`\n\n${upstream.authority}`);
  });

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PURGE', 'M-SEARCH'])(
    'a guest sends the method %s',
    async (method) => {
      await using upstream = await startUpstream((_incoming, outgoing) => void outgoing.end());
      expect(await get(way, upstream.origin, `&method=${method}`)).toMatch(/^status: 200/);
      expect(upstream.requests.all[0]?.method).toBe(method);
    },
  );

  test('a method keeps its case', async () => {
    await using upstream = await startTcpUpstream((socket) =>
      socket.once('data', (head) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${head.toString('latin1').split('\r\n')[0]}`)),
    );
    expect(await get(way, `${upstream.origin}/x`, '&method=gEt')).toContain('\n\ngEt /x HTTP/1.1');
  });

  test('redirects are not followed', async () => {
    await using upstream = await startUpstream((_incoming, outgoing) => {
      outgoing.writeHead(302, { location: '/elsewhere' });
      outgoing.end();
    });
    expect(await get(way, upstream.origin)).toContain('status: 302\nheader: location: /elsewhere\n');
    expect(upstream.requests.all).toHaveLength(1);
  });

  test('a body of 5 MiB goes to an upstream and back', async () => {
    await using upstream = await startUpstream((incoming, outgoing) => void incoming.pipe(outgoing));
    await using guest = await answer(way, 'outbound-post');
    const body = Buffer.alloc(5 * 1024 * 1024, 'wasi-serve ');
    const response = await guest.send(`/?url=${upstream.origin}`, { method: 'POST', body });
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), body)).toBe(0);
  });

  test('a guest sends trailers', async () => {
    await using upstream = await startUpstream((incoming, outgoing) => {
      void readAll(incoming).then((text) => outgoing.end(`${text} ${incoming.rawTrailers.join('=')}`));
    });
    await using guest = await answer(way, 'outbound-post');
    const response = await guest.send(`/?url=${upstream.origin}&trailer=1`, { method: 'POST', body: 'body' });
    expect((await response.text()).toLowerCase()).toBe('body x-request-trailer=yes');
  });

  test.each([0, 1, 70_000, 1024 * 1024])('a proxy passes %i bytes both ways', async (byteLength) => {
    await using upstream = await startUpstream((incoming, outgoing) => void incoming.pipe(outgoing));
    await using guest = await answer(way, 'proxy');
    const body = 'p'.repeat(byteLength);
    const response = await guest.send(`/?url=${upstream.origin}`, { method: 'POST', body });
    expect((await response.text()) === body).toBe(true);
  });

  test('a proxy passes status and fields', async () => {
    await using upstream = await startUpstream((incoming, outgoing) => {
      outgoing.writeHead(418, ['x-got', String(incoming.headers['x-sent']), 'set-cookie', 'a=1', 'set-cookie', 'b=2']);
      outgoing.end();
    });
    await using guest = await answer(way, 'proxy');
    const response = await guest.send(`/?url=${upstream.origin}`, { headers: { 'x-sent': 'caf\u{e9}' } });
    expect(response.status).toBe(418);
    expect(response.headers.get('x-got')).toBe('caf\u{e9}');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  test('20 requests go out concurrently', async () => {
    const waiting: (() => void)[] = [];
    await using upstream = await startUpstream((_incoming, outgoing) => {
      waiting.push(() => outgoing.end('ok'));
      if (waiting.length === 20) for (const reply of waiting) reply();
    });
    await using guest = await answer(way, 'fan-out');
    const response = await guest.send(`/?url=${upstream.origin}&n=20`);
    expect(await response.text()).toBe('20 ok\n');
  });

  test('a dropped request harms nobody', async () => {
    await using upstream = await startUpstream((_incoming, outgoing) => void outgoing.end());
    await using guest = await answer(way, 'outbound-drop');
    const response = await guest.send(`/?url=${upstream.origin}`);
    expect(await response.text()).toBe('dropped\n');
  });

  test.each(['', 'no-url', 'http://user@127.0.0.1/'])('the guest itself refuses the URL %j', async (url) => {
    await using guest = await answer(way, 'outbound-get');
    const response = await guest.send(`/?url=${encodeURIComponent(url)}`);
    expect(response.status).toBe(400);
  });
});

describe.each(ways)('an upstream that fails, $engine $isolation $exchange', (way) => {
  test('refused is connection-refused', async () => {
    expect(await get(way, `http://127.0.0.1:${await closedPort()}/`)).toBe('error: ErrorCode::ConnectionRefused\n');
  });

  test('a name that does not exist is DNS-error', async () => {
    expect(await get(way, 'http://no-such-name.invalid/')).toMatch(/^error: ErrorCode::DnsError\(/);
  });

  test('a connection that ends before the head is connection-terminated', async () => {
    await using upstream = await startTcpUpstream((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await get(way, upstream.origin)).toBe('error: ErrorCode::ConnectionTerminated\n');
  });

  test('a connection that closes before the head is not a reply', async () => {
    await using upstream = await startTcpUpstream((socket) => socket.once('data', () => socket.end()));
    expect(await get(way, upstream.origin)).toMatch(
      /^error: ErrorCode::(ConnectionTerminated|HttpResponseIncomplete)\n/,
    );
  });

  test.each([
    { how: 'reset', end: 'resetAndDestroy' },
    { how: 'closed', end: 'end' },
  ] as const)('a body that is $how in the middle is an error after the bytes that came', async ({ end }) => {
    await using upstream = await startTcpUpstream((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart', () => setImmediate(() => socket[end]()));
      }),
    );
    const text = await get(way, upstream.origin);
    expect(text).toContain('status: 200\n');
    expect(text).toMatch(/body error: .*(HttpResponseIncomplete|ConnectionTerminated)/);
  });

  test('a reply with two lengths is refused', async () => {
    await using upstream = await startTcpUpstream((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab')),
    );
    expect(await get(way, upstream.origin)).toMatch(/^error: ErrorCode::(HttpProtocolError|HttpResponseIncomplete)\n$/);
  });

  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['a bad length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nab'],
    ['a bad field', 'HTTP/1.1 200 OK\r\nbad name: 1\r\n\r\n'],
  ])('%s is HTTP-protocol-error', async (_what, bytes) => {
    await using upstream = await startTcpUpstream((socket) => socket.once('data', () => socket.end(bytes)));
    expect(await get(way, upstream.origin)).toBe('error: ErrorCode::HttpProtocolError\n');
  });

  test('a bad chunk is an error of the body', async () => {
    await using upstream = await startTcpUpstream((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n')),
    );
    expect(await get(way, upstream.origin)).toMatch(
      /body error: .*HttpProtocolError|^error: ErrorCode::HttpProtocolError/,
    );
  });

  test('TLS to a port without TLS is TLS-protocol-error', async () => {
    await using upstream = await startUpstream((_incoming, outgoing) => void outgoing.end());
    expect(await get(way, `https://${upstream.authority}/`)).toBe('error: ErrorCode::TlsProtocolError\n');
  });

  test.each([
    { query: '&connect-ms=0', error: 'ConnectionTimeout' },
    { query: '&first-byte-ms=0', error: 'ConnectionReadTimeout' },
    { query: '&first-byte-ms=30', error: 'ConnectionReadTimeout' },
  ])('$query of one that never answers is $error', async ({ query, error }) => {
    await using upstream = await startTcpUpstream(() => undefined);
    expect(await get(way, upstream.origin, query)).toMatch(
      new RegExp(`^error: ErrorCode::(${error}|HttpResponseTimeout)\n$`),
    );
  });

  test.each([0, 30])('between-bytes-ms=%i of a body that stops is an error of the body', async (ms) => {
    await using upstream = await startUpstream((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-length': 100 });
      outgoing.write('part');
    });
    const text = await get(way, upstream.origin, `&between-bytes-ms=${ms}`);
    expect(text).toMatch(/body error: .*(ConnectionReadTimeout|HttpResponseTimeout)|^error: .*Timeout/);
  });
});

describe.each(nodeWays)('a proxy streams, $engine $isolation', (way) => {
  test('each chunk goes out and comes back before the next is sent', async () => {
    await using upstream = await startUpstream((incoming, outgoing) => void incoming.pipe(outgoing));
    await using served = await serveGuest('proxy', {}, way);
    await using client = await connectRaw(served.origin);
    await client.send(`POST /?url=${upstream.origin} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n`);
    await client.sendChunk('one');
    expect((await client.readHead()).status).toBe(200);
    expect(await client.readChunk()).toBe('one');
    await client.sendChunk('two');
    expect(await client.readChunk()).toBe('two');
    await client.sendChunk('');
    expect(await client.readChunk()).toBe('');
  });

  test('an upstream that resets breaks off the reply', async () => {
    await using upstream = await startUpstream((_incoming, outgoing) => {
      outgoing.write('part', () => setImmediate(() => outgoing.socket?.resetAndDestroy()));
    });
    await using served = await serveGuest('proxy', {}, way);
    await using client = await connectRaw(served.origin);
    await client.send(`GET /?url=${upstream.origin} HTTP/1.1\r\nHost: test\r\n\r\n`);
    expect((await client.readReply()).ending).toBe('reset');
  });

  test('an upstream whose guest is gone loses its client', async () => {
    await using upstream = await startUpstream((_incoming, outgoing) => outgoing.flushHeaders());
    await using served = await serveGuest('proxy', {}, way);
    await using client = await connectRaw(served.origin);
    await client.send(`GET /?url=${upstream.origin} HTTP/1.1\r\nHost: test\r\n\r\n`);
    const { incoming } = await upstream.requests.until(() => true);
    client.reset();
    await once(incoming.socket, 'close');
  });
});
