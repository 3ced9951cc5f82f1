import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { RawHttp2Peer } from '../harness/raw-http2.ts';
import {
  createCertificate,
  createWholeBody,
  noSignal,
  openOutbound,
  readAll,
  serveRaw,
  serveRawHttp2,
  toRequest,
  type Upstream,
} from './upstreams.ts';

/** What a guest sees of a response. */
type Seen =
  | { readonly error: string }
  | { readonly status: number; readonly text: string; readonly end: string; readonly fields?: number };

type Fields = readonly (readonly [name: string, value: string])[];

/** An upstream's answer to a request, byte by byte. */
interface Row {
  readonly name: string;
  readonly http1: readonly [bytes: string, then?: (socket: Socket) => void];
  readonly http2: (stream: Stream) => void;
  /** What the guest sees, whatever carries the request. */
  readonly seen: Seen;
  /** The response to a HEAD, which has no body. */
  readonly seenOfHead?: Seen;
  /** Over HTTP/2, and why that is not the same. */
  readonly differs?: { readonly why: string; readonly seen: Seen; readonly seenOfHead?: Seen };
}

const certificate = createCertificate();

/** A request's stream, on which the upstream answers. */
class Stream {
  readonly #peer: RawHttp2Peer;
  readonly #id: number;
  readonly #isHead: boolean;

  constructor(peer: RawHttp2Peer, id: number, isHead: boolean) {
    this.#peer = peer;
    this.#id = id;
    this.#isHead = isHead;
  }

  /** The head; to a HEAD, and without anything that follows, all of the response. */
  head(status: string, fields: Fields = [], end?: 'end'): this {
    this.#peer.headers(
      this.#id,
      [[':status', status], ...fields],
      this.#isHead && !status.startsWith('1') ? 'end' : end,
    );
    return this;
  }

  data(text: string, end?: 'end'): this {
    if (!this.#isHead) this.#peer.data(this.#id, text, end);
    return this;
  }

  trailers(fields: Fields): this {
    if (!this.#isHead) this.#peer.headers(this.#id, fields, 'end');
    return this;
  }

  reset(code: Parameters<RawHttp2Peer['reset']>[1]): this {
    this.#peer.reset(this.#id, code);
    return this;
  }

  /** The last stream that the upstream works on is this one. */
  goaway(code: Parameters<RawHttp2Peer['goaway']>[1] = 'NO_ERROR'): this {
    this.#peer.goaway(this.#id, code);
    return this;
  }

  close(): void {
    this.#peer.socket.end();
  }

  cut(): void {
    this.#peer.raw.resetAndDestroy();
  }
}

const OK = 'HTTP/1.1 200 OK\r\n';
const HI = { status: 200, text: 'hi', end: 'closed' } as const;
const EMPTY = { status: 200, text: '', end: 'closed' } as const;
const BROKEN = { status: 200, text: 'hi', end: 'HTTP-response-incomplete' } as const;
const MALFORMED = { error: 'HTTP-protocol-error' } as const;
const TERMINATED = { error: 'connection-terminated' } as const;
const TOO_LARGE = { error: 'HTTP-response-header-section-size' } as const;

const fin = (socket: Socket): unknown => socket.end();
const rst = (socket: Socket): unknown => setTimeout(() => socket.resetAndDestroy(), 20);

/** This many fields with this many bytes in total. */
function makeFields(count: number, valueBytes = 1): [string, string][] {
  return Array.from({ length: count }, (_, index) => [`x-${index}`, 'v'.repeat(valueBytes)]);
}

function lines(entries: Fields): string {
  return entries.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

const COMPLETE: readonly Row[] = [
  {
    name: 'a length',
    http1: [`${OK}content-length: 2\r\n\r\nhi`],
    http2: (stream) => stream.head('200', [['content-length', '2']]).data('hi', 'end'),
    seen: HI,
    seenOfHead: EMPTY,
  },
  {
    name: 'chunks',
    http1: [`${OK}transfer-encoding: chunked\r\n\r\n1\r\nh\r\n1;x=y\r\ni\r\n0\r\n\r\n`],
    http2: (stream) => stream.head('200').data('h').data('i', 'end'),
    seen: HI,
    seenOfHead: EMPTY,
  },
  {
    name: 'a body until the end of the connection',
    http1: [`${OK}\r\nhi`, fin],
    http2: (stream) => stream.head('200').data('hi').data('', 'end').close(),
    seen: HI,
    seenOfHead: EMPTY,
  },
  {
    name: 'no body',
    http1: [`${OK}content-length: 0\r\n\r\n`],
    http2: (stream) => stream.head('200', [], 'end'),
    seen: EMPTY,
  },
  {
    name: '204',
    http1: ['HTTP/1.1 204 No Content\r\n\r\n'],
    http2: (stream) => stream.head('204', [], 'end'),
    seen: { status: 204, text: '', end: 'closed' },
  },
  {
    name: '304 with the length of what is not sent',
    http1: ['HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n'],
    http2: (stream) => stream.head('304', [['content-length', '9']], 'end'),
    seen: { status: 304, text: '', end: 'closed' },
  },
  {
    name: '999',
    http1: ['HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n'],
    http2: (stream) => stream.head('999', [], 'end'),
    seen: { status: 999, text: '', end: 'closed' },
  },
  {
    name: 'an unasked 100',
    http1: [`HTTP/1.1 100 Continue\r\n\r\n${OK}content-length: 2\r\n\r\nhi`],
    http2: (stream) => stream.head('100').head('200').data('hi', 'end'),
    seen: HI,
    seenOfHead: EMPTY,
  },
  {
    name: '100, 102, 103 and 199',
    http1: [
      `${['100', '102', '103', '199'].map((status) => `HTTP/1.1 ${status} X\r\nlink: x\r\n\r\n`).join('')}${OK}content-length: 2\r\n\r\nhi`,
    ],
    http2: (stream) => {
      for (const status of ['100', '102', '103', '199']) stream.head(status, [['link', 'x']]);
      stream.head('200').data('hi', 'end');
    },
    seen: HI,
    seenOfHead: EMPTY,
  },
  {
    name: '1,500 fields',
    http1: [`${OK}${lines(makeFields(1500))}content-length: 2\r\n\r\nhi`],
    http2: (stream) => stream.head('200', [...makeFields(1500), ['content-length', '2']]).data('hi', 'end'),
    seen: { ...HI, fields: 1501 },
    seenOfHead: { ...EMPTY, fields: 1501 },
  },
  {
    name: 'a complete response, then a reset',
    http1: [`${OK}content-length: 2\r\n\r\nhi`, rst],
    http2: (stream) => stream.head('200').data('hi', 'end').reset('NO_ERROR'),
    seen: HI,
    seenOfHead: EMPTY,
  },
  {
    name: 'a complete response, then the end of the connection',
    http1: [`${OK}content-length: 2\r\n\r\nhi`, fin],
    http2: (stream) => stream.head('200').data('hi', 'end').goaway().close(),
    seen: HI,
    seenOfHead: EMPTY,
  },
];

const LENIENT: readonly Row[] = [
  {
    name: 'a length that is said twice',
    http1: [`${OK}content-length: 2\r\ncontent-length: 2\r\n\r\nhi`],
    http2: (stream) =>
      stream
        .head('200', [
          ['content-length', '2'],
          ['content-length', '2'],
        ])
        .data('hi', 'end'),
    seen: HI,
    seenOfHead: EMPTY,
    differs: { why: 'nghttp2 takes one only', seen: MALFORMED },
  },
  {
    name: 'a length besides chunks',
    http1: [`${OK}content-length: 7\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`],
    http2: (stream) => stream.head('200', [['transfer-encoding', 'chunked']]).data('hi', 'end'),
    seen: HI,
    seenOfHead: EMPTY,
    differs: { why: 'HTTP/2 has no transfer codings (RFC 9113, 8.2.2)', seen: MALFORMED },
  },
  {
    name: 'fields of a connection among the trailers',
    http1: [
      `${OK}transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`,
    ],
    http2: (stream) =>
      stream
        .head('200')
        .data('hi')
        .trailers([['connection', 'close']]),
    seen: HI,
    seenOfHead: EMPTY,
    differs: {
      why: 'HTTP/2 has no fields of a connection (RFC 9113, 8.2.2)',
      seen: { status: 200, text: 'hi', end: 'HTTP-protocol-error' },
      seenOfHead: EMPTY,
    },
  },
  {
    name: 'more than the length says',
    http1: [`${OK}content-length: 2\r\n\r\nhi, and more`],
    http2: (stream) => stream.head('200', [['content-length', '2']]).data('hi, and more', 'end'),
    seen: HI,
    seenOfHead: EMPTY,
    differs: {
      why: 'over HTTP/1.1 what follows is not part of the response; over HTTP/2 it is malformed (RFC 9113, 8.1.1), and nghttp2 gives none of it',
      seen: { status: 200, text: '', end: 'HTTP-response-incomplete' },
      seenOfHead: EMPTY,
    },
  },
];

const REFUSED: readonly Row[] = [
  {
    name: 'an unasked 101',
    http1: ['HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
    http2: (stream) => stream.head('101'),
    seen: MALFORMED,
  },
  {
    name: '099',
    http1: ['HTTP/1.1 099 Odd\r\ncontent-length: 2\r\n\r\nhi'],
    http2: (stream) => stream.head('099').data('hi', 'end'),
    seen: MALFORMED,
  },
  {
    name: 'two lengths',
    http1: [`${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nhi`],
    http2: (stream) =>
      stream
        .head('200', [
          ['content-length', '2'],
          ['content-length', '3'],
        ])
        .data('hi', 'end'),
    seen: MALFORMED,
    // To a HEAD no length matters.
    seenOfHead: EMPTY,
    differs: { why: 'nghttp2 takes one only', seen: MALFORMED, seenOfHead: MALFORMED },
  },
  {
    name: 'a length that is not a number',
    http1: [`${OK}content-length: 2x\r\n\r\nhi`],
    http2: (stream) => stream.head('200', [['content-length', '2x']]).data('hi', 'end'),
    seen: MALFORMED,
    seenOfHead: EMPTY,
    differs: { why: 'nghttp2 looks at it whatever the method', seen: MALFORMED, seenOfHead: MALFORMED },
  },
  {
    name: 'no HTTP',
    http1: ['SSH-2.0-nonsense\r\n'],
    http2: (stream) => stream.head('no'),
    seen: MALFORMED,
  },
  {
    name: 'an invalid name',
    http1: [`${OK}x y: z\r\ncontent-length: 2\r\n\r\nhi`],
    http2: (stream) => stream.head('200', [['x y', 'z']]).data('hi', 'end'),
    seen: MALFORMED,
    differs: { why: 'nghttp2 leaves such a field out', seen: HI, seenOfHead: EMPTY },
  },
  {
    name: '2,500 fields',
    http1: [`${OK}${lines(makeFields(2500))}content-length: 2\r\n\r\nhi`],
    http2: (stream) => stream.head('200', makeFields(2500)).data('hi', 'end'),
    seen: TOO_LARGE,
  },
  {
    name: 'a head of 100,000 bytes',
    http1: [`${OK}${lines(makeFields(100, 1000))}content-length: 2\r\n\r\nhi`],
    http2: (stream) => stream.head('200', makeFields(100, 1000)).data('hi', 'end'),
    seen: TOO_LARGE,
  },
  {
    name: 'a field of 100,000 bytes',
    http1: [`${OK}${lines(makeFields(1, 100_000))}content-length: 2\r\n\r\nhi`],
    http2: (stream) => stream.head('200', makeFields(1, 100_000)).data('hi', 'end'),
    seen: TOO_LARGE,
    differs: { why: 'nghttp2 takes a field of more than 65,536 bytes for a fault of the compression', seen: MALFORMED },
  },
  {
    name: 'a field of 65,530 bytes',
    http1: [`${OK}${lines(makeFields(1, 65_530))}content-length: 2\r\n\r\nhi`],
    http2: (stream) => stream.head('200', [...makeFields(1, 65_530), ['content-length', '2']]).data('hi', 'end'),
    seen: TOO_LARGE,
  },
  {
    name: 'a head of a million bytes',
    http1: [`${OK}${lines(makeFields(1000, 1000))}content-length: 2\r\n\r\nhi`],
    http2: (stream) => stream.head('200', makeFields(1000, 1000)).data('hi', 'end'),
    seen: TOO_LARGE,
  },
  {
    name: 'the end of the connection in place of a head',
    http1: ['', fin],
    http2: (stream) => stream.close(),
    seen: TERMINATED,
  },
  {
    name: 'a reset of the connection in place of a head',
    http1: ['', (socket) => socket.resetAndDestroy()],
    http2: (stream) => stream.cut(),
    seen: TERMINATED,
  },
  ...(['NO_ERROR', 'CANCEL', 'INTERNAL_ERROR'] as const).map((code) => ({
    name: `half a head, or a reset of the stream with ${code} in place of it`,
    http1: [`${OK}x-a`, fin] as const,
    http2: (stream: Stream) => stream.reset(code),
    seen: TERMINATED,
  })),
  {
    name: 'a farewell in place of a head',
    http1: [`HTTP/1.1 100 Continue\r\n\r\n`, fin],
    http2: (stream) => stream.goaway().close(),
    seen: TERMINATED,
  },
];

const BROKEN_OFF: readonly Row[] = [
  {
    name: 'the end of the connection before the length',
    http1: [`${OK}content-length: 9\r\n\r\nhi`, fin],
    http2: (stream) =>
      stream
        .head('200', [['content-length', '9']])
        .data('hi')
        .close(),
    seen: BROKEN,
    seenOfHead: EMPTY,
  },
  {
    name: 'the end of the stream before the length',
    http1: [`${OK}content-length: 9\r\n\r\nhi`, fin],
    http2: (stream) => stream.head('200', [['content-length', '9']]).data('hi', 'end'),
    seen: BROKEN,
    seenOfHead: EMPTY,
  },
  {
    name: 'the end of the connection before the last chunk',
    http1: [`${OK}transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n`, fin],
    http2: (stream) => stream.head('200').data('hi').close(),
    seen: BROKEN,
    seenOfHead: EMPTY,
  },
  {
    name: 'the end of the connection within the trailers',
    http1: [`${OK}transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-a: b\r\n`, fin],
    http2: (stream) => stream.head('200').data('hi').close(),
    seen: BROKEN,
    seenOfHead: EMPTY,
  },
  {
    name: 'a reset before the length',
    http1: [`${OK}content-length: 9\r\n\r\nhi`, rst],
    http2: (stream) => void setTimeout(() => stream.cut(), 20, stream.head('200').data('hi')),
    seen: BROKEN,
    seenOfHead: EMPTY,
  },
  {
    name: 'a reset of a connection at whose end the body ends',
    http1: [`${OK}\r\nhi`, rst],
    http2: (stream) => void setTimeout(() => stream.cut(), 20, stream.head('200').data('hi')),
    seen: BROKEN,
    seenOfHead: EMPTY,
  },
  ...(['NO_ERROR', 'CANCEL', 'INTERNAL_ERROR', 'REFUSED_STREAM', 'ENHANCE_YOUR_CALM'] as const).map((code) => ({
    name: `a reset, of the stream with ${code}`,
    http1: [`${OK}\r\nhi`, rst] as const,
    http2: (stream: Stream) => void setTimeout(() => stream.reset(code), 20, stream.head('200').data('hi')),
    seen: BROKEN,
    seenOfHead: EMPTY,
  })),
  {
    name: 'a farewell, then the end of the connection',
    http1: [`${OK}content-length: 9\r\n\r\nhi`, fin],
    http2: (stream) => stream.head('200').data('hi').goaway().close(),
    seen: BROKEN,
    seenOfHead: EMPTY,
  },
  {
    name: 'an invalid chunk',
    http1: [`${OK}transfer-encoding: chunked\r\n\r\n2\r\nhi\r\nzz\r\n`],
    http2: (stream) => void setTimeout(() => stream.reset('PROTOCOL_ERROR'), 20, stream.head('200').data('hi')),
    seen: { status: 200, text: 'hi', end: 'HTTP-protocol-error' },
    seenOfHead: EMPTY,
  },
];

const METHODS = ['GET', 'POST', 'HEAD'] as const;

describe.each([...COMPLETE, ...LENIENT, ...REFUSED, ...BROKEN_OFF])('$name', (row) => {
  test.each(METHODS)('%s over HTTP/1.1', async (method) => {
    const [bytes, then] = row.http1;
    const upstream = await serveRaw((socket) => {
      if (bytes !== '') socket.write(method === 'HEAD' ? toHeads(bytes) : Buffer.from(bytes, 'latin1'));
      then?.(socket);
    });
    expect(await see(upstream, 'http', method, row.seen)).toEqual(toExpected(row, method));
  });

  test.each(METHODS)('%s over HTTP/2', async (method) => {
    const upstream = await serveRawHttp2((peer, id) => row.http2(new Stream(peer, id, method === 'HEAD')), certificate);
    const expected = toExpected(row.differs ?? row, method);
    expect(await see(upstream, 'https', method, row.seen)).toEqual(expected);
  });
});

function toExpected({ seen, seenOfHead = seen }: Pick<Row, 'seen' | 'seenOfHead'>, method: string): Seen {
  return method === 'HEAD' ? seenOfHead : seen;
}

/** Without the body, which a response to HEAD does not have. */
function toHeads(bytes: string): Buffer {
  const final = bytes.search(/HTTP\/1\.1 [02-9]/);
  const end = bytes.indexOf('\r\n\r\n', Math.max(final, 0));
  return Buffer.from(end === -1 ? bytes : bytes.slice(0, end + 4), 'latin1');
}

async function see(upstream: Upstream, scheme: 'http' | 'https', method: string, like: Seen): Promise<Seen> {
  const { sendRequest } = openOutbound({ ca: [certificate.cert] });
  const body = method === 'POST' ? createWholeBody('x') : undefined;
  const result = await sendRequest(toRequest(upstream.authority, { scheme, method, body }), noSignal());
  if (result.tag === 'err') return { error: result.val.tag };
  const { status, fields: entries, body: received } = result.val;
  const { text, end } = await readAll(received);
  const seen = { status, text, end: typeof end === 'string' ? end : (end as { tag: string }).tag };
  expect(received.trailers()?.tag).toBe(seen.end === 'closed' ? 'ok' : 'err');
  return 'fields' in like ? { ...seen, fields: entries.length } : seen;
}
