import * as fc from 'fast-check';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { isWithinNoise, toSpread } from '../../src/compare/numbers.ts';
import { parseCurl, toCurl } from '../../src/compare/requests/curl.ts';
import { parseHar } from '../../src/compare/requests/har.ts';
import { type PlainRequest, toProbe } from '../../src/compare/requests/probe.ts';
import { quoteWord, splitWords } from '../../src/compare/requests/split-words.ts';
import { exchange } from '../../src/compare/wire/exchange.ts';
import { ReplyReader } from '../../src/compare/wire/reply-reader.ts';
import type { WireReply } from '../../src/compare/wire/wire-reply.ts';

const latin1 = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) });
const token = fc
  .string({ unit: fc.constantFrom(...Array.from('abcXYZ019-_')), minLength: 1 })
  .map((text) => `x${text}`);
const value = fc
  .string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code === 0x7f ? 0x20 : code)),
  })
  .map((text) => text.trim());

const har = (request: object): string => JSON.stringify({ log: { entries: [{ request }] } });

const readReplies = (text: string, cuts: readonly number[], method = 'GET'): WireReply[] => {
  const replies: WireReply[] = [];
  const reader = new ReplyReader(
    { onInterim: () => undefined, onReply: (reply) => replies.push(reply) },
    'keep-bodies',
  );
  reader.method = method;
  const bytes = Buffer.from(text, 'latin1');
  const at = [0, ...cuts.map((cut) => cut % (bytes.byteLength + 1)).toSorted((a, b) => a - b), bytes.byteLength];
  for (const [index, start] of at.entries()) {
    const piece = bytes.subarray(start, at[index + 1] ?? bytes.byteLength);
    if (piece.byteLength > 0) reader.push(Buffer.from(piece));
  }
  reader.end('closed');
  return replies;
};

describe('words of a shell', () => {
  test('any words are read back as they were quoted', () => {
    fc.assert(
      fc.property(fc.array(latin1), (words) => {
        expect(splitWords(words.map(quoteWord).join(' '))).toEqual({ tag: 'ok', val: words });
      }),
    );
  });

  test('no text makes it throw', () => {
    fc.assert(fc.property(fc.string(), (text) => void splitWords(text)));
  });

  test.each([
    [String.raw`a "b \" c" 'd e'f \g`, ['a', 'b " c', 'd ef', 'g']],
    [String.raw`$'caf\xe9\n' "a\b"`, ['caf\xe9\n', String.raw`a\b`]],
    ["''", ['']],
  ])('%s', (text, val) => expect(splitWords(text)).toEqual({ tag: 'ok', val }));
});

describe('curl', () => {
  test('what is printed to repeat a request is that request', () => {
    const request = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PURGE', 'HEAD'),
      target: fc.string({ unit: fc.constantFrom(...Array.from('ab/?&=%.')) }).map((text) => `/${text}`),
      fields: fc.array(fc.tuple(token, value)),
      body: fc.option(latin1, { nil: undefined }),
    });
    fc.assert(
      fc.property(request, ({ method, target, fields, body }) => {
        const plain: PlainRequest = {
          method,
          target,
          fields: [['Host', 'a'], ['User-Agent', 'b'], ['Accept', 'c'], ['Content-Type', 'd'], ...fields],
          ...(body !== undefined && !body.startsWith('@') && { body: Buffer.from(body, 'latin1') }),
        };
        const line = toCurl('http://127.0.0.1:8080', plain);
        if (line === undefined) throw new Error('curl can send it');
        const read = parseCurl(line, 'other.test');
        if (read.tag === 'err') throw new Error(`${read.val}: ${line}`);
        expect(read.val).toEqual({ ...plain, ...(plain.body && { body: Buffer.from(plain.body) }) });
      }),
    );
  });

  test('no line makes it throw', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseCurl(`curl ${text.replaceAll('@', '')}`, 'h')));
  });

  test.each([
    ['curl a.test/x?y=1#z', { method: 'GET', target: '/x?y=1' }],
    ['curl -I http://a.test', { method: 'HEAD', target: '/' }],
    ['curl -XPUT -d a -d b=2 http://a.test/', { method: 'PUT', body: Buffer.from('a&b=2') }],
    ['curl -G -d a=1 http://a.test/?q', { method: 'GET', target: '/?q&a=1' }],
    ['curl --data-urlencode "n=a b" http://a.test/', { method: 'POST', body: Buffer.from('n=a%20b') }],
    ['curl -H "Transfer-Encoding: chunked" -d abc http://a.test/', { method: 'POST', chunkBytes: 65_536 }],
  ])('%s', (line, expected) => {
    expect(parseCurl(line, 'h')).toMatchObject({ tag: 'ok', val: expected });
  });

  test.each([
    ['wget http://a.test', 'it does not begin with curl'],
    ['curl', 'it has no URL'],
    ['curl ftp://a.test/', 'its URL is not one of http'],
    ['curl --heade x http://a.test', 'did you mean header?'],
    ['curl -d @/no/such/file http://a.test', '/no/such/file cannot be read'],
    ['curl http://a.test -H', '-H lacks its value'],
  ])('%s is refused with the reason', (line, why) => {
    expect(parseCurl(line, 'h')).toEqual({ tag: 'err', val: expect.stringContaining(why) as string });
  });

  test('fields: its own ones, replaced, removed, emptied, repeated', () => {
    const line = `curl -H 'Accept: a' -H 'User-Agent:' -H 'X-Empty;' -H 'X-Two: 1' -H 'x-two: 2' -u a:b http://a.test`;
    expect(parseCurl(line, 'h')).toMatchObject({
      val: {
        fields: [
          ['Host', 'h'],
          ['Authorization', 'Basic YTpi'],
          ['Accept', 'a'],
          ['X-Empty', ''],
          ['X-Two', '1'],
          ['x-two', '2'],
        ],
      },
    });
  });
});

describe('HAR', () => {
  test('a request keeps its method, target, fields and body; what HTTP/2 adds and what frames it is left out', () => {
    const headers = [
      { name: ':authority', value: 'a.test' },
      { name: 'Content-Length', value: '99' },
      { name: 'X-Name', value: 'naïve' },
      { name: 'x-name', value: '你' },
    ];
    const read = parseHar(har({ method: 'POST', url: 'https://a.test/p?q=1', headers, postData: { text: 'ü' } }), 'h');
    const fields = [
      ['Host', 'h'],
      ['X-Name', 'naïve'],
      ['x-name', Buffer.from('你').toString('latin1')],
    ];
    const body = Buffer.from('ü');
    expect(read).toEqual({ tag: 'ok', val: [{ method: 'POST', target: '/p?q=1', fields, body }] });
  });

  test.each([
    ['{', 'not JSON'],
    ['{}', 'it has no log.entries'],
    [har({ url: 'http://a.test' }), 'entry 1: it has no method'],
    [har({ method: 'GET\r\nX: y', url: 'http://a.test' }), 'entry 1: it has no method'],
    [har({ method: 'GET', url: 'data:,a' }), 'entry 1: it has no URL'],
    [har({ method: 'GET', url: 'http://a.test', headers: [{ name: 'a b', value: '' }] }), 'a header that HTTP cannot'],
  ])('%s is refused', (text, why) => {
    expect(parseHar(text, 'h')).toEqual({ tag: 'err', val: expect.stringContaining(why) as string });
  });

  test('no JSON makes it throw, and what it takes is one well-formed request each', () => {
    const request = fc.record(
      {
        method: fc.oneof(token, fc.string()),
        url: fc.oneof(fc.webUrl(), fc.string()),
        headers: fc.array(fc.record({ name: fc.oneof(token, fc.string()), value: fc.string() })),
        postData: fc.oneof(fc.record({ text: fc.string() }), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(request, (one) => {
        const read = parseHar(har(one), 'h');
        if (read.tag === 'err') return;
        for (const plain of read.val) {
          const text = Buffer.concat(toProbe('g', 'n', plain).parts).toString('latin1');
          const [head = ''] = text.split('\r\n\r\n');
          const hasBody = plain.body !== undefined;
          expect(head.split('\r\n')).toHaveLength(1 + plain.fields.length + (hasBody ? 1 : 0));
          expect(head.split('\r\n')[0]).toMatch(/^[^ ]+ [^ ]+ HTTP\/1\.1$/);
        }
      }),
    );
  });
});

describe('replies', () => {
  test('a reply is the same in whatever pieces it comes', () => {
    const chunked = fc
      .tuple(fc.array(latin1.filter((text) => text !== '')), fc.array(fc.tuple(token, value)))
      .map(([chunks, trailers]) => {
        const sent = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
        const last = trailers.map(([name, text]) => `${name}: ${text}\r\n`).join('');
        const head = 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
        return { text: `${head}${sent}0\r\n${last}\r\n`, body: chunks.join(''), trailers };
      });
    const sized = latin1.map((body) => ({
      text: `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      body,
      trailers: [],
    }));
    fc.assert(
      fc.property(fc.array(fc.oneof(chunked, sized)), fc.array(fc.nat()), (all, cuts) => {
        const replies = readReplies(all.map(({ text }) => text).join(''), cuts);
        const found = replies.map(({ body, trailers, isWhole }) => [body.toString('latin1'), trailers, isWhole]);
        expect(found).toEqual(all.map(({ body, trailers }) => [body, trailers, true]));
      }),
    );
  });

  test.each([
    ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc', 'GET', [['abc', false]]],
    ['HTTP/1.1 200 OK\r\n\r\nabc', 'GET', [['abc', true]]],
    ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n', 'HEAD', [['', true]]],
    ['HTTP/1.1 204 No Content\r\n\r\n', 'GET', [['', true]]],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc', 'GET', [['abc', false]]],
    ['SSH-2.0-OpenSSH\r\n\r\n', 'GET', []],
  ])('%j to %s', (text, method, expected) => {
    expect(readReplies(text, [], method).map(({ body, isWhole }) => [body.toString('latin1'), isWhole])).toEqual(
      expected,
    );
  });
});

describe('statistics', () => {
  const numbers = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 1 });

  test('quartiles are in order, within the numbers, and do not depend on order', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const { low, median, high } = toSpread(values);
        const slack = 1e-6 * Math.max(...values);
        expect(low).toBeLessThanOrEqual(median + slack);
        expect(median).toBeLessThanOrEqual(high + slack);
        expect(low).toBeGreaterThanOrEqual(Math.min(...values) - slack);
        expect(high).toBeLessThanOrEqual(Math.max(...values) + slack);
        expect(toSpread(values.toReversed())).toEqual({ low, median, high });
      }),
    );
  });

  test('a server beside itself is within noise, and so is any number of rounds that says nothing', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        expect(isWithinNoise(values, values.toReversed())).toBe(true);
      }),
    );
    expect(isWithinNoise([1, 1], [9, 9])).toBe(true);
  });

  test('rounds that are apart are not', () => {
    expect(isWithinNoise([100, 101, 102], [50, 51, 52])).toBe(false);
    expect(isWithinNoise([100, 101, 102], [99, 100, 101])).toBe(true);
  });
});

const KIB = 'a'.repeat(1024);
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

/** What servers say without end: how it begins, and what follows again and again. */
const ENDLESS: readonly (readonly [what: string, start: string, more: string, why: RegExp])[] = [
  ['heads', 'HTTP/1.1 200 OK\r\nX: ', KIB, /head of more than 1 MiB/],
  ['bodies', 'HTTP/1.1 200 OK\r\n\r\n', KIB, /more than 64 MiB/],
  ['interim replies', '', 'HTTP/1.1 100 Continue\r\n\r\n', /more than 100 interim replies/],
  ['replies', '', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na', /more replies than requests/],
  ['trailers', `${CHUNKED}0\r\n`, 'x: a\r\n', /trailers of more than 1 MiB/],
  ['lines of a trailer', `${CHUNKED}0\r\nx: `, KIB, /line of more than 1 MiB/],
  ['chunk extensions', `${CHUNKED}1;`, KIB, /line of more than 1 MiB/],
];

test.each(ENDLESS)('%s without end are read up to a bound', async (_what, start, more, why) => {
  const piece = Buffer.from(more.repeat(Math.ceil(65_536 / more.length)));
  const server = createServer((socket) => {
    const go = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('error', () => undefined).on('drain', go);
    socket.write(start);
    go();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = { hostname: '127.0.0.1', port: (server.address() as AddressInfo).port };
  const request: PlainRequest = { method: 'GET', target: '/', fields: [['Host', 'a']] };
  const { malformed, replies } = await exchange(endpoint, toProbe('a', 'b', request), {
    replyMs: 30_000,
    settleMs: 25,
  });
  server.close();
  expect(malformed ?? `${replies.length} replies`).toMatch(why);
});
