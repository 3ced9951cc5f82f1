import type { WireField } from '../wire/wire-reply.ts';
import { type PlainRequest, type Probe, rawProbe, toProbe } from './probe.ts';

/** What all built-in probes share. */
export interface ProbeSite {
  /** The value of `Host`: the same for both servers, since guests may repeat it. */
  readonly host: string;
  /** The target of requests that are about something else. */
  readonly target: string;
}

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'M-SEARCH',
  'PURGE',
  'FROB',
  'get',
];

const TARGETS = [
  '/?',
  '/?q=%20%2F&q=2&empty',
  '/a%2Fb/%e4%bd%a0',
  '//two//slashes/',
  '/a/../b/./c',
  '/semi;colon,comma=@:',
  '/{braces}|^`"<>',
  '/byte-\xe9',
  '/#fragment',
  '/%00',
  '/%zz',
  `/${'long/'.repeat(800)}`,
];

const FIELDS: Readonly<Record<string, readonly WireField[]>> = {
  'a field twice': [
    ['X-Two', 'one'],
    ['x-two', 'two'],
  ],
  'two cookies': [
    ['Cookie', 'a=1'],
    ['Cookie', 'b=2'],
  ],
  'a Latin-1 byte': [['X-Latin', 'caf\xe9']],
  'UTF-8': [['X-Utf8', Buffer.from('你好').toString('latin1')]],
  'an empty value': [['X-Empty', '']],
  'spaces and tabs': [['X-Spaces', '\t  a \t b  ']],
  'a name in capitals': [['X-CAPITALS', 'a']],
  'odd names': [
    ["!#$%&'*+-.^_`|~", 'a'],
    ['__proto__', 'b'],
    ['constructor', 'c'],
  ],
  'hop-by-hop fields': [
    ['Connection', 'x-hop'],
    ['X-Hop', 'a'],
    ['Keep-Alive', 'timeout=5'],
    ['TE', 'trailers'],
  ],
  'an upgrade': [
    ['Connection', 'upgrade'],
    ['Upgrade', 'websocket'],
  ],
  'accept text/html': [['Accept', 'text/html']],
  'forwarded by a proxy': [
    ['X-Forwarded-For', '192.0.2.1'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Host', 'proxy.test'],
  ],
  '60 fields': Array.from({ length: 60 }, (_, n): WireField => [`X-Many-${n}`, `${n}`]),
  'a value of 6,000 bytes': [['X-Long', 'v'.repeat(6000)]],
  'Content-Length: 0 of a GET': [['Content-Length', '0']],
};

const SIZES = [0, 1, 1023, 65_536, 1_048_576];

/** Requests that show differences between servers of HTTP. */
export function createBuiltInProbes(site: ProbeSite): Probe[] {
  return [
    ...METHODS.map((method) => toProbe('methods', method, plain(site, { method }))),
    toProbe('methods', 'HEAD', plain(site, { method: 'HEAD' })),
    rawProbe('methods', 'CONNECT', `CONNECT upstream.test:443 HTTP/1.1\r\nHost: upstream.test:443\r\n\r\n`),
    ...TARGETS.map((target) => toProbe('targets', shorten(target), plain(site, { target }))),
    ...targetForms(site),
    ...Object.entries(FIELDS).map(([name, fields]) =>
      toProbe('fields', name, plain(site, { fields: [['Host', site.host], ...fields] })),
    ),
    ...bodies(site),
    ...connections(site),
    ...malformed(site),
    ...leavingClients(site),
  ];
}

function plain({ host, target }: ProbeSite, given: Partial<PlainRequest>): PlainRequest {
  return { method: 'GET', target, fields: [['Host', host]], ...given };
}

function shorten(target: string): string {
  return target.length > 40 ? `a target of ${target.length} bytes` : target;
}

function targetForms({ host, target }: ProbeSite): Probe[] {
  const toForm = (name: string, method: string, form: string): Probe =>
    rawProbe('targets', name, `${method} ${form} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return [
    toForm('OPTIONS *', 'OPTIONS', '*'),
    toForm('GET *', 'GET', '*'),
    toForm('absolute form', 'GET', `http://${host}${target}`),
    toForm('absolute form of another host', 'GET', `http://other.test${target}`),
    toForm('no slash', 'GET', 'no-slash'),
  ];
}

function bodies(site: ProbeSite): Probe[] {
  const post = (name: string, given: Partial<PlainRequest>): Probe =>
    toProbe(
      'bodies',
      name,
      plain(site, { method: 'POST', fields: [...hostOf(site), ['Content-Type', 'text/plain']], ...given }),
    );
  const trailers: readonly WireField[] = [
    ['X-Trailer', 'one'],
    ['X-Trailer', 'two'],
    ['X-Checksum', 'caf\xe9'],
  ];
  const announced: readonly WireField[] = [...hostOf(site), ['TE', 'trailers'], ['Trailer', 'X-Trailer, X-Checksum']];
  return [
    ...SIZES.map((size) => post(`${size} bytes with a length`, { body: text(size) })),
    ...SIZES.map((size) => post(`${size} bytes in chunks`, { body: text(size), chunkBytes: 8192 })),
    post('64 chunks of a byte', { body: text(64), chunkBytes: 1 }),
    post('all byte values', { body: Uint8Array.from({ length: 256 }, (_, n) => n) }),
    post('trailers', { body: text(10), chunkBytes: 5, trailers, fields: announced }),
    post('trailers of an empty body', { body: text(0), chunkBytes: 5, trailers, fields: announced }),
    rawProbe(
      'bodies',
      'chunk extensions',
      `${start(site, 'POST')}Transfer-Encoding: chunked\r\n\r\n3;name=value\r\nabc\r\n0;last\r\n\r\n`,
    ),
    rawProbe('bodies', 'head and body in two packets', `${start(site, 'POST')}Content-Length: 3\r\n\r\n`, 'abc'),
    {
      ...rawProbe(
        'bodies',
        'Expect: 100-continue',
        `${start(site, 'POST')}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n`,
        'abc',
      ),
      awaits: 'continue',
    },
    rawProbe('bodies', 'an expectation that nobody knows', `${start(site, 'GET')}Expect: the-moon\r\n\r\n`),
  ];
}

function connections(site: ProbeSite): Probe[] {
  const { host, target } = site;
  const of = (version: string, more = ''): string => `GET ${target} HTTP/${version}\r\nHost: ${host}\r\n${more}\r\n`;
  return [
    rawProbe('connections', 'HTTP/1.0', of('1.0')),
    rawProbe('connections', 'HTTP/1.0, Connection: keep-alive', of('1.0', 'Connection: keep-alive\r\n')),
    rawProbe('connections', 'Connection: close', of('1.1', 'Connection: close\r\n')),
    rawProbe('connections', 'HTTP/1.9', of('1.9')),
    rawProbe('connections', 'HTTP/2.0 in a request line', of('2.0')),
    { ...rawProbe('connections', 'two requests in a row', of('1.1'), of('1.1')), replies: 2 },
    { ...rawProbe('connections', 'two pipelined requests', of('1.1') + of('1.1')), replies: 2 },
    { ...rawProbe('connections', 'a client that closes its side', of('1.1')), ending: 'half-close' },
  ];
}

function malformed(site: ProbeSite): Probe[] {
  const { host, target } = site;
  const get = (name: string, lines: readonly string[]): Probe =>
    rawProbe('malformed', name, [`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
  const post = (name: string, lines: readonly string[], body: string): Probe =>
    rawProbe('malformed', name, [`POST ${target} HTTP/1.1`, `Host: ${host}`, ...lines, '', body].join('\r\n'));
  return [
    get('no host', []),
    get('two hosts', [`Host: ${host}`, 'Host: other.test']),
    get('an empty host', ['Host:']),
    get('a host with a path', [`Host: ${host}/path`]),
    get('a space before the colon', [`Host: ${host}`, 'X-Space : a']),
    get('a folded field', [`Host: ${host}`, 'X-Fold: a', ' b']),
    get('NUL in a value', [`Host: ${host}`, 'X-Nul: a\0b']),
    get('a line without a colon', [`Host: ${host}`, 'nothing']),
    get('a head of 300 kB', [`Host: ${host}`, `X-Huge: ${'v'.repeat(300_000)}`]),
    rawProbe('malformed', 'a target with a space', `GET /a b HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
    rawProbe('malformed', 'bare line feeds', `GET ${target} HTTP/1.1\nHost: ${host}\n\n`),
    rawProbe('malformed', 'no version', `GET ${target}\r\nHost: ${host}\r\n\r\n`),
    rawProbe('malformed', 'not HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'),
    post('a length and chunks', ['Content-Length: 3', 'Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n'),
    post('two lengths', ['Content-Length: 3', 'Content-Length: 4'], 'abcd'),
    post('a length that is none', ['Content-Length: -1'], ''),
    post('a chunk size that is none', ['Transfer-Encoding: chunked'], 'zz\r\nabc\r\n0\r\n\r\n'),
    post('a coding that nobody knows', ['Transfer-Encoding: brotli'], 'abc'),
  ];
}

function leavingClients(site: ProbeSite): Probe[] {
  return [
    leaving('inside the head', `${start(site, 'GET')}X-Half`),
    leaving('inside the body', `${start(site, 'POST')}Content-Length: 1000\r\n\r\nabc`),
    leaving('inside a chunk', `${start(site, 'POST')}Transfer-Encoding: chunked\r\n\r\n3e8\r\nabc`),
    leaving('before the reply', `${start(site, 'GET')}\r\n`),
    {
      ...rawProbe('leaving clients', 'closing inside the body', `${start(site, 'POST')}Content-Length: 9\r\n\r\nabc`),
      ending: 'half-close',
    },
  ];
}

function hostOf({ host }: ProbeSite): WireField[] {
  return [['Host', host]];
}

function start({ host, target }: ProbeSite, method: string): string {
  return `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n`;
}

function leaving(name: string, bytes: string): Probe {
  return { ...rawProbe('leaving clients', name, bytes), ending: 'reset' };
}

/** So many bytes of text in lines, no two of which are the same in a long body. */
function text(byteLength: number): Buffer {
  return Buffer.from(Array.from({ length: Math.ceil(byteLength / 16) }, (_, n) => toLine(n)).join('')).subarray(
    0,
    byteLength,
  );
}

function toLine(n: number): string {
  return `${`${n}`.padStart(15, '.')}\n`;
}
