import { expect, test } from 'vitest';
import type { Aspect } from '../../src/compare/differences/difference.ts';
import { findKnown } from '../../src/compare/differences/find-known.ts';
import { type PlainRequest, type Probe, rawProbe, toProbe } from '../../src/compare/requests/probe.ts';
import type { ConnectionEnd, WireExchange } from '../../src/compare/wire/exchange.ts';
import type { WireReply } from '../../src/compare/wire/wire-reply.ts';

/** How a server answered: its status and body, unless it did not; how it left the connection. */
type Answered = readonly [status: number | undefined, body: string, end: ConnectionEnd, ...trailers: string[]];

function toExchange([status, body, end, ...trailers]: Answered): WireExchange {
  const reply = status === undefined ? [] : [toReply(status, body, trailers)];
  return { replies: reply, interim: [], end, firstByteMs: 1, malformed: undefined };
}

function toReply(status: number, body: string, trailers: readonly string[]): WireReply {
  const parts = { fields: [], framing: 'chunked', isWhole: true, isLast: false } as const;
  return { ...parts, status, body: Buffer.from(body), trailers: trailers.map((value) => ['x', value] as const) };
}

function isKnown(probe: Probe, aspect: Aspect, [ours, theirs]: readonly [Answered, Answered]): boolean {
  const pair = { probe, ours: toExchange(ours), theirs: toExchange(theirs) };
  return findKnown({ aspect, ours: '', theirs: '' }, pair).known !== undefined;
}

const PLAIN: PlainRequest = { method: 'GET', target: '/', fields: [['Host', 'a']] };
const GET = toProbe('methods', 'GET', PLAIN);
const FROB = toProbe('methods', 'FROB', { ...PLAIN, method: 'FROB' });
const CONNECT = toProbe('methods', 'CONNECT', { ...PLAIN, method: 'CONNECT' });
const MALFORMED = rawProbe('malformed', 'two hosts', 'GET / HTTP/1.1\r\n\r\n');
const BRACES = toProbe('targets', '/{braces}', PLAIN);
const HALF: Probe = { ...rawProbe('connections', 'a client that closes its side', 'GET /'), ending: 'half-close' };
const LEFT: Probe = { ...rawProbe('leaving clients', 'inside the body', 'POST /'), ending: 'half-close' };
const TRAILERS = toProbe('bodies', 'trailers', {
  ...PLAIN,
  body: Buffer.from('a'),
  chunkBytes: 1,
  trailers: [
    ['X-A', '1'],
    ['x-a', '2'],
  ],
});

const OK: Answered = [200, 'hello', 'open'];

test.each<[string, Probe, Aspect, readonly [Answered, Answered]]>([
  ['a malformed request that they answer', MALFORMED, 'status', [[400, 'why', 'closed'], OK]],
  [
    'words in a refusal',
    MALFORMED,
    'body',
    [
      [400, 'why', 'closed'],
      [400, '', 'closed'],
    ],
  ],
  [
    'the status of a refusal',
    MALFORMED,
    'status',
    [
      [505, 'why', 'closed'],
      [400, '', 'closed'],
    ],
  ],
  [
    'a mapped error code',
    GET,
    'status',
    [
      [504, '', 'open'],
      [500, '', 'open'],
    ],
  ],
  [
    'the text for a guest that failed',
    GET,
    'body',
    [
      [500, '500 Internal Server Error (request 1)', 'open'],
      [500, '<html>', 'open'],
    ],
  ],
  [
    'the id of a request',
    GET,
    'body',
    [
      [200, 'x-request-id: 1', 'open'],
      [200, '', 'open'],
    ],
  ],
  ['an odd target', BRACES, 'status', [OK, [400, '', 'closed']]],
  [
    'trailers that they do not send',
    GET,
    'trailer',
    [
      [200, '', 'open', 'ok'],
      [200, '', 'open'],
    ],
  ],
  [
    'repeated trailers',
    TRAILERS,
    'body',
    [
      [200, '2', 'open'],
      [200, '1', 'open'],
    ],
  ],
  ['a connection that goes on', GET, 'end', [OK, [200, 'hello', 'closed']]],
  [
    'the end after CONNECT',
    CONNECT,
    'end',
    [
      [200, '', 'closed'],
      [200, '', 'open'],
    ],
  ],
  ['a client that closed its side', HALF, 'status', [OK, [undefined, '', 'closed']]],
  ['a client that left', LEFT, 'reply', [[undefined, '', 'closed'], OK]],
])('it is meant: %s', (_what, probe, aspect, both) => {
  expect(isKnown(probe, aspect, both)).toBe(true);
});

test.each<[string, Probe, Aspect, readonly [Answered, Answered]]>([
  ['a method that we refuse', FROB, 'status', [[400, 'why', 'closed'], OK]],
  ['a refusal of what they answer, beyond its status', FROB, 'end', [[400, 'why', 'closed'], OK]],
  ['another status', GET, 'status', [[201, '', 'open'], OK]],
  ['another body', GET, 'body', [[200, 'other', 'open'], OK]],
  [
    'other trailers',
    GET,
    'trailer',
    [
      [200, '', 'open', 'a'],
      [200, '', 'open', 'b'],
    ],
  ],
  [
    'trailers that we do not send',
    GET,
    'trailer',
    [
      [200, '', 'open'],
      [200, '', 'open', 'b'],
    ],
  ],
  [
    'an id that only they show',
    GET,
    'body',
    [
      [200, '', 'open'],
      [200, 'x-request-id: 1', 'open'],
    ],
  ],
  ['a connection that we close', GET, 'end', [[200, 'hello', 'closed'], OK]],
  ['a target that we refuse', BRACES, 'status', [[400, '', 'closed'], OK]],
  ['no reply to who closed its side', HALF, 'reply', [[undefined, '', 'closed'], OK]],
])('it is not meant: %s', (_what, probe, aspect, both) => {
  expect(isKnown(probe, aspect, both)).toBe(false);
});
