import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectRaw, type RawReply, rawGet, requestRaw } from '../harness/raw-client.ts';
import { type Served, serveGuest } from '../harness/serve-guest.ts';

/** The status of the reply to bytes that arrive together; see `malformed-bodies.test.ts` for those that arrive piece by piece. */
type Reaction = number;

/** `bytes`, and behind them always a request to `/smuggled`, and the same again after the reply unless the first was served. */
interface Row {
  readonly name: string;
  readonly bytes: string;
  readonly reaction: Reaction;
  /** What the guest, which echoes, has taken for the body. */
  readonly body?: string;
  /** Whether what follows is a request of its own; only behind a request that is served. Default: it is not answered. */
  readonly next?: 'served';
}

const SMUGGLED = rawGet('/smuggled');

function get(target: string, ...lines: readonly string[]): string {
  return [`GET ${target} HTTP/1.1`, 'Host: test', ...lines, '', ''].join('\r\n');
}

/** A POST with these lines; `rest` is what follows the head. */
function post(lines: readonly string[], rest: string, version = 'HTTP/1.1'): string {
  return ['POST / ' + version, 'Host: test', ...lines, '', rest].join('\r\n');
}

const CHUNKED = 'Transfer-Encoding: chunked';
const CLOSING = '0\r\n\r\n';

const served200 = { reaction: 200, next: 'served' } as const;

/** Two ways to delimit a body. Source: RFC 9112, 6.1, 6.3. */
const lengthAndCoding: readonly Row[] = [
  { name: 'length, then chunked', bytes: post(['Content-Length: 5', CHUNKED], CLOSING), reaction: 400 },
  { name: 'chunked, then length', bytes: post([CHUNKED, 'Content-Length: 5'], CLOSING), reaction: 400 },
  { name: 'chunked and length 0', bytes: post([CHUNKED, 'Content-Length: 0'], CLOSING), reaction: 400 },
  {
    name: 'names in other case',
    bytes: post(['CONTENT-LENGTH: 5', 'transfer-ENCODING: chunked'], CLOSING),
    reaction: 400,
  },
  { name: 'chunked twice, in one field', bytes: post(['Transfer-Encoding: chunked, chunked'], CLOSING), reaction: 400 },
  { name: 'chunked twice, in two fields', bytes: post([CHUNKED, CHUNKED], CLOSING), reaction: 400 },
  { name: 'chunked not last', bytes: post(['Transfer-Encoding: chunked, gzip'], CLOSING), reaction: 400 },
  { name: 'gzip, then chunked', bytes: post(['Transfer-Encoding: gzip, chunked'], CLOSING), reaction: 501 },
  { name: 'gzip alone', bytes: post(['Transfer-Encoding: gzip'], CLOSING), reaction: 501 },
  { name: 'identity', bytes: post(['Transfer-Encoding: identity'], CLOSING), reaction: 501 },
  { name: 'identity, then chunked', bytes: post(['Transfer-Encoding: identity', CHUNKED], CLOSING), reaction: 501 },
  { name: 'xchunked', bytes: post(['Transfer-Encoding: xchunked'], CLOSING), reaction: 501 },
  { name: 'chunkedx', bytes: post(['Transfer-Encoding: chunkedx'], CLOSING), reaction: 501 },
  { name: 'chunked in quotes', bytes: post(['Transfer-Encoding: "chunked"'], CLOSING), reaction: 501 },
  { name: 'chunked with a parameter', bytes: post(['Transfer-Encoding: chunked;q=1'], CLOSING), reaction: 501 },
  { name: 'chunked behind a comma', bytes: post(['Transfer-Encoding: ,chunked'], CLOSING), reaction: 501 },
  { name: 'chunked behind a vertical tab', bytes: post(['Transfer-Encoding: \vchunked'], CLOSING), reaction: 400 },
  { name: 'an empty coding', bytes: post(['Transfer-Encoding:'], CLOSING), reaction: 400 },
  { name: 'CHUNKED', bytes: post(['Transfer-Encoding: CHUNKED'], '1\r\nx\r\n0\r\n\r\n'), ...served200, body: 'x' },
  { name: 'chunked with a tab behind it', bytes: post(['Transfer-Encoding: chunked\t'], CLOSING), reaction: 400 },
  { name: 'chunked with spaces around', bytes: post(['Transfer-Encoding:  chunked  '], CLOSING), ...served200 },
  { name: 'chunked in HTTP/1.0', bytes: post([CHUNKED], '1\r\nx\r\n0\r\n\r\n', 'HTTP/1.0'), reaction: 200, body: 'x' },
  {
    name: 'chunked in HTTP/1.0 on a connection to keep',
    bytes: post([CHUNKED, 'Connection: keep-alive'], '1\r\nx\r\n0\r\n\r\n', 'HTTP/1.0'),
    reaction: 200,
    body: 'x',
  },
];

/** Source: RFC 9110, 8.6; RFC 9112, 6.2. */
const lengths: readonly Row[] = [
  ...[
    '+5',
    '-5',
    '0x5',
    '5, 5',
    '5,6',
    '5 5',
    '5.0',
    '5e0',
    '',
    'five',
    '"5"',
    '\v5',
    '18446744073709551616',
    '9'.repeat(40),
  ].map((value) => ({
    name: `length ${JSON.stringify(value)}`,
    bytes: post([`Content-Length: ${value}`], 'hello'),
    reaction: 400,
  })),
  { name: 'two lengths that differ', bytes: post(['Content-Length: 5', 'Content-Length: 6'], 'hello'), reaction: 400 },
  { name: 'two lengths alike', bytes: post(['Content-Length: 5', 'Content-Length: 5'], 'hello'), reaction: 400 },
  { name: 'length 005', bytes: post(['Content-Length: 005'], 'hello'), ...served200, body: 'hello' },
  { name: 'length with tabs around', bytes: post(['Content-Length:\t5\t'], 'hello'), ...served200, body: 'hello' },
  { name: 'a length for GET', bytes: get('/', 'Content-Length: 5') + 'hello', ...served200, body: 'hello' },
  { name: 'length 0', bytes: post(['Content-Length: 0'], ''), ...served200, body: '' },
  { name: 'no length at all', bytes: post([], ''), ...served200, body: '' },
  {
    name: 'a body shorter than what follows',
    bytes: post(['Content-Length: 5'], 'helloX'),
    reaction: 200,
    body: 'hello',
  },
];

/** Source: RFC 9112, 7.1. */
const chunks: readonly Row[] = [
  ...[
    ['with 0x', '0x1\r\nx\r\n'],
    ['negative', '-1\r\nx\r\n'],
    ['with a plus', '+1\r\nx\r\n'],
    ['that is empty', '\r\nx\r\n'],
    ['that is not a number', 'g\r\nx\r\n'],
    ['beyond 64 bits', '10000000000000001\r\nx\r\n'],
    ['with a space before it', ' 1\r\nx\r\n'],
    ['with a space behind it', '1 \r\nx\r\n'],
    ['with a tab behind it', '1\t\r\nx\r\n'],
    ['ended by LF', '1\nx\r\n'],
    ['ended by CR', '1\rx\r\n'],
    ['with an underscore', '1_0\r\nx\r\n'],
  ].map(([name, chunk]) => ({ name: `size ${name}`, bytes: post([CHUNKED], `${chunk}${CLOSING}`), reaction: 400 })),
  { name: 'data longer than its size', bytes: post([CHUNKED], `1\r\nxy\r\n${CLOSING}`), reaction: 400 },
  { name: 'data ended by LF', bytes: post([CHUNKED], `1\r\nx\n${CLOSING}`), reaction: 400 },
  { name: 'the last chunk ended by LF', bytes: post([CHUNKED], '1\r\nx\r\n0\n\n'), reaction: 400 },
  { name: 'an extension ended by LF', bytes: post([CHUNKED], `1;a\nx\r\n${CLOSING}`), reaction: 400 },
  { name: 'an extension with a NUL', bytes: post([CHUNKED], `1;a\0\r\nx\r\n${CLOSING}`), reaction: 400 },
  { name: 'a huge extension', bytes: post([CHUNKED], `1;a=${'b'.repeat(20_000)}\r\nx\r\n${CLOSING}`), reaction: 413 },
  {
    name: 'a size with many zeros',
    bytes: post([CHUNKED], `${'0'.repeat(30)}1\r\nx\r\n${CLOSING}`),
    ...served200,
    body: 'x',
  },
  { name: 'extensions', bytes: post([CHUNKED], `1;a=b;c="d"\r\nx\r\n${CLOSING}`), ...served200, body: 'x' },
  {
    name: 'a size in both cases, with zeros',
    bytes: post([CHUNKED], `00A\r\n0123456789\r\n${CLOSING}`),
    ...served200,
    body: '0123456789',
  },
];

/** Source: RFC 9112, 7.1.2; RFC 9110, 6.5.1. */
const trailers: readonly Row[] = [
  { name: 'a length', bytes: post([CHUNKED], '1\r\nx\r\n0\r\nContent-Length: 9\r\n\r\n'), reaction: 400 },
  {
    name: 'a coding',
    bytes: post([CHUNKED], '1\r\nx\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'),
    reaction: 400,
  },
  { name: 'a Host', bytes: post([CHUNKED], '1\r\nx\r\n0\r\nHost: evil\r\n\r\n'), ...served200, body: 'x' },
  { name: 'a name with a space', bytes: post([CHUNKED], '1\r\nx\r\n0\r\na b: c\r\n\r\n'), reaction: 400 },
  { name: 'a line without colon', bytes: post([CHUNKED], '1\r\nx\r\n0\r\nab\r\n\r\n'), reaction: 400 },
  { name: 'lines ended by LF', bytes: post([CHUNKED], '1\r\nx\r\n0\r\na: b\n\n'), reaction: 400 },
  {
    name: 'too large',
    bytes: post([CHUNKED], `1\r\nx\r\n0\r\na: ${'b'.repeat(20_000)}\r\n\r\n`),
    reaction: 431,
  },
];

/** Source: RFC 9112, 2.2, 5.1, 5.2; RFC 9110, 5.5. */
const lines: readonly Row[] = [
  { name: 'a folded value', bytes: get('/', 'a: b', ' c'), reaction: 400 },
  { name: 'a value folded by a tab', bytes: get('/', 'a: b', '\tc'), reaction: 400 },
  { name: 'a folded coding', bytes: post(['Transfer-Encoding:', ' chunked'], CLOSING), reaction: 400 },
  { name: 'a first field that is folded', bytes: 'GET / HTTP/1.1\r\n Host: test\r\n\r\n', reaction: 400 },
  { name: 'a space before the colon', bytes: get('/', 'a : b'), reaction: 400 },
  { name: 'a tab before the colon', bytes: get('/', 'a\t: b'), reaction: 400 },
  {
    name: 'a space before the colon of a coding',
    bytes: post(['Transfer-Encoding : chunked'], CLOSING),
    reaction: 400,
  },
  { name: 'a space before the colon of a length', bytes: post(['Content-Length : 5'], 'hello'), reaction: 400 },
  { name: 'a line without colon', bytes: get('/', 'a'), reaction: 400 },
  { name: 'an empty name', bytes: get('/', ': b'), reaction: 400 },
  { name: 'a NUL in a name', bytes: get('/', 'a\0: b'), reaction: 400 },
  { name: 'a NUL in a value', bytes: get('/', 'a: b\0c'), reaction: 400 },
  { name: 'a byte above 0x7F in a name', bytes: get('/', 'caf\xe9: b'), reaction: 400 },
  { name: 'DEL in a value', bytes: get('/', 'a: b\x7f'), reaction: 400 },
  { name: 'a control in a value', bytes: get('/', 'a: \x01'), reaction: 400 },
  { name: 'a CR in a value', bytes: get('/', 'a: b\rc'), reaction: 400 },
  { name: 'lines ended by CR', bytes: 'GET / HTTP/1.1\rHost: test\r\r', reaction: 400 },
  { name: 'lines ended by LF', bytes: 'GET / HTTP/1.1\nHost: test\n\n', reaction: 400 },
  { name: 'one line ended by LF', bytes: 'GET / HTTP/1.1\r\nHost: test\na: b\r\n\r\n', reaction: 400 },
  { name: 'a head ended by LF', bytes: 'GET / HTTP/1.1\r\nHost: test\r\n\n', reaction: 400 },
  { name: 'a head ended by CR', bytes: 'GET / HTTP/1.1\r\nHost: test\r\n\r', reaction: 400 },
  { name: 'a NUL before the request', bytes: '\0' + get('/'), reaction: 400 },
  { name: 'a space before the request', bytes: ' ' + get('/'), reaction: 400 },
  { name: 'empty lines before the request', bytes: '\r\n\r\n' + get('/'), ...served200 },
  { name: 'a value with bytes above 0x7F', bytes: get('/', 'a: caf\xe9'), ...served200 },
  { name: 'an empty value', bytes: get('/', 'a:'), ...served200 },
  {
    name: 'names that a JavaScript object has',
    bytes: get('/', '__proto__: a', 'constructor: b', 'hasOwnProperty: c'),
    ...served200,
  },
];

/** Source: RFC 9112, 3.2, 3.2.1 to 3.2.4. */
const targets: readonly Row[] = [
  { name: 'a second Host', bytes: get('/', 'Host: test'), reaction: 400 },
  { name: 'a second Host in other case', bytes: get('/', 'hOST: evil'), reaction: 400 },
  { name: 'no Host', bytes: 'GET / HTTP/1.1\r\n\r\n', reaction: 400 },
  { name: 'a Host with user-info', bytes: 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n', reaction: 400 },
  { name: 'a Host list', bytes: 'GET / HTTP/1.1\r\nHost: a,b\r\n\r\n', reaction: 400 },
  { name: 'an empty Host', bytes: 'GET / HTTP/1.1\r\nHost: \r\n\r\n', reaction: 400 },
  { name: '* for GET', bytes: get('*'), reaction: 400 },
  { name: '* with more', bytes: 'OPTIONS *x HTTP/1.1\r\nHost: test\r\n\r\n', reaction: 400 },
  { name: 'no target', bytes: 'GET  HTTP/1.1\r\nHost: test\r\n\r\n', reaction: 400 },
  { name: 'a relative path', bytes: get('a/b'), reaction: 400 },
  { name: 'a backslash first', bytes: get('\\a'), reaction: 400 },
  { name: 'a space', bytes: get('/a b'), reaction: 400 },
  { name: 'a space behind the version', bytes: 'GET / HTTP/1.1 \r\nHost: test\r\n\r\n', reaction: 400 },
  { name: 'two spaces before the target', bytes: 'GET  / HTTP/1.1\r\nHost: test\r\n\r\n', ...served200 },
  { name: 'a tab', bytes: get('/a\tb'), reaction: 400 },
  { name: 'a control byte', bytes: get('/a\x01'), reaction: 400 },
  { name: 'DEL', bytes: get('/a\x7f'), reaction: 400 },
  { name: 'a NUL', bytes: get('/a\0'), reaction: 400 },
  { name: 'a byte above 0x7F', bytes: get('/caf\xe9'), reaction: 400 },
  { name: '8 KiB and one byte', bytes: get(`/${'a'.repeat(8192)}`), reaction: 414 },
  { name: '8 KiB', bytes: get(`/${'a'.repeat(8191)}`), ...served200 },
  { name: 'an authority alone', bytes: get('test:80'), reaction: 400 },
  { name: 'an absolute form of another scheme', bytes: get('file:///etc/passwd'), reaction: 400 },
  { name: 'an absolute form with another authority than Host', bytes: get('http://other/'), ...served200 },
  { name: 'a fragment', bytes: get('/a#b'), ...served200 },
  { name: 'a backslash', bytes: get('/a\\b'), ...served200 },
  { name: 'two slashes', bytes: get('//a'), ...served200 },
];

/** Source: RFC 9112, 2.3, 3; RFC 9110, 9.1, 9.3.6. */
const firstLines: readonly Row[] = [
  ...['HTTP/2.0', 'HTTP/0.9'].map((version) => ({
    name: version,
    bytes: get('/').replace('HTTP/1.1', version),
    reaction: 505,
  })),
  ...[
    'HTTP/1.2',
    'HTTP/3.0',
    'http/1.1',
    'HTTP/1',
    'HTTP/1.10',
    'HTTP/01.1',
    'HTTP/1.',
    'HTTP 1.1',
    'HTTPS/1.1',
    'XTTP/1.1',
    'RTSP/1.0',
    'ICE/1.0',
  ].map((version) => ({
    name: version,
    bytes: get('/').replace('HTTP/1.1', version),
    reaction: 400,
  })),
  ...['GET', 'POST', 'OPTIONS', 'DESCRIBE', 'PLAY', 'FLUSH'].map((method) => ({
    name: `${method} in RTSP`,
    bytes: get('/').replace('GET', method).replace('HTTP/1.1', 'RTSP/1.0'),
    reaction: 400,
  })),
  {
    name: 'RTSP before the same in HTTP',
    bytes: get('/').replace('HTTP/1.1', 'RTSP/1.0') + get('/'),
    reaction: 400,
  },
  { name: 'SOURCE in ICE', bytes: get('/').replace('GET', 'SOURCE').replace('HTTP/1.1', 'ICE/1.0'), reaction: 400 },
  { name: 'SOURCE in HTTP', bytes: get('/').replace('GET', 'SOURCE'), ...served200 },
  { name: 'a path that names RTSP', bytes: get('/RTSP/1.0').replace('HTTP/1.1', 'HTTP/1.0'), reaction: 200 },
  {
    name: 'HTTP/1.0 with RTSP in its body',
    bytes: post(['Content-Length: 15'], 'POST / RTSP/1.0', 'HTTP/1.0'),
    reaction: 200,
    body: 'POST / RTSP/1.0',
  },
  { name: 'no version', bytes: 'GET /\r\n', reaction: 400 },
  { name: 'the preface of HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', reaction: 505 },
  { name: 'the start of TLS', bytes: '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', reaction: 400 },
  { name: 'an unknown method', bytes: get('/').replace('GET', 'BREW'), reaction: 400 },
  { name: 'a method in lower case', bytes: get('/').replace('GET', 'get'), reaction: 400 },
  { name: 'a huge method', bytes: get('/').replace('GET', 'G'.repeat(20_000)), reaction: 400 },
  { name: 'no method', bytes: ' / HTTP/1.1\r\nHost: test\r\n\r\n', reaction: 400 },
  { name: 'CONNECT', bytes: 'CONNECT test:80 HTTP/1.1\r\nHost: test:80\r\n\r\n', reaction: 200 },
  {
    name: 'CONNECT with a body',
    bytes: 'CONNECT test:80 HTTP/1.1\r\nHost: test:80\r\nContent-Length: 5\r\n\r\nhello',
    reaction: 200,
  },
  { name: 'an upgrade to WebSocket', bytes: get('/', 'Connection: upgrade', 'Upgrade: websocket'), reaction: 200 },
  {
    name: 'an upgrade to HTTP/2 with a body',
    bytes: post(
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk', 'Content-Length: 5'],
      'hello',
    ),
    reaction: 200,
    body: 'hello',
  },
  { name: 'Upgrade without its option', bytes: get('/', 'Upgrade: websocket'), reaction: 200 },
  { name: 'the end of the connection', bytes: get('/', 'Connection: close'), reaction: 200 },
];

let served: Served;
beforeAll(async () => {
  served = await serveGuest('echo');
});
afterAll(() => served[Symbol.asyncDispose]());

describe.each([
  ['length and coding', lengthAndCoding],
  ['a length', lengths],
  ['chunks', chunks],
  ['trailers', trailers],
  ['lines of the head', lines],
  ['targets and Hosts', targets],
  ['the first line', firstLines],
])('%s', (_group, rows) => {
  test.each(rows)('$name: $reaction', async ({ bytes, reaction, body, next }) => {
    const before = smuggled();
    await using client = await connectRaw(served.origin);
    await client.send(bytes + SMUGGLED);
    const reply = await client.readReply().catch(() => undefined);
    expect(reply?.status).toBe(reaction);
    if (body !== undefined) expect(reply?.body).toBe(body);
    if (next === 'served') {
      expect((await client.readReply()).status).toBe(200);
    } else {
      expectLast(reply);
      // Nor is it one in a packet of its own, behind what the host may have dropped.
      await client.send(SMUGGLED);
      await expectNoOther(client.readReply());
    }
    expect(smuggled() - before).toBe(next === 'served' ? 1 : 0);
    expect((await requestRaw(served.origin, rawGet('/'))).status).toBe(200);
  });
});

/** How many requests a guest has taken that came behind others. */
function smuggled(): number {
  return served.events.all.filter((event) => event.at === 'request' && event.request.path === '/smuggled').length;
}

/** A reply to something that is not a request is whole, and says that the connection closes. */
function expectLast(reply: RawReply | undefined): void {
  if (reply?.status === 200) return;
  expect(reply?.ending).toBe('framed');
  expect(reply?.headerLines.map((line) => line.toLowerCase())).toContain('connection: close');
}

/** At most one other reply comes: that to bytes after the last request which are not one. */
async function expectNoOther(reply: Promise<RawReply>): Promise<void> {
  const other = await reply.catch(() => undefined);
  if (other !== undefined) expect(other.status).toBe(400);
}
