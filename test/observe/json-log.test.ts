import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createJsonLog, formatGuestOutput, formatJson } from '../../src/observe/json-log.ts';
import type { LogEvent } from '../../src/observe/log.ts';

const TIME_MS = Date.UTC(2026, 10, 21, 3, 4, 5, 678);
const TIME = '2026-11-21T03:04:05.678Z';

function request(part: object): LogEvent {
  const plain = {
    id: '7f',
    component: 'a.wasm',
    method: 'GET',
    path: '/',
    status: 200,
    byteLength: 5,
    durationMs: 1.23456,
    cpuMs: 0.12345,
  };
  return { at: 'request', request: { ...plain, instance: 'fresh', end: 'complete', ...part } };
}

test.each<[LogEvent, object]>([
  [
    request({}),
    {
      time: TIME,
      level: 'info',
      event: 'request',
      id: '7f',
      component: 'a.wasm',
      method: 'GET',
      path: '/',
      status: 200,
      bytes: 5,
      durationMs: 1.235,
      cpuMs: 0.123,
      instance: 'fresh',
      end: 'complete',
    },
  ],
  [request({ status: 500 }), { level: 'error' }],
  [request({ end: 'aborted' }), { level: 'error', end: 'aborted' }],
  [
    {
      at: 'request-failed',
      id: '7f',
      component: 'a.wasm',
      blame: 'guest',
      message: 'trap',
      trace: 'Trap: x\n    at f (wasm://wasm/1:wasm-function[1]:0x1)\n    at g (jco-glue:a:1:1)',
    },
    {
      level: 'error',
      event: 'request-failed',
      blame: 'guest',
      message: 'trap',
      trace: ['at f (wasm-function[1]:0x1)'],
    },
  ],
  [
    {
      at: 'request-failed',
      id: '7f',
      component: 'a.wasm',
      blame: 'guest',
      message: 'trap',
      trace: undefined,
      limit: 'handles',
    },
    { level: 'error', event: 'request-failed', limit: 'handles', trace: [] },
  ],
  [
    { at: 'notice', level: 'warning', message: 'm' },
    { level: 'warning', event: 'notice', message: 'm' },
  ],
])('%j', (event, record) => {
  expect(JSON.parse(formatJson(event, TIME_MS))).toMatchObject(record);
});

test('a request is one line of printable characters that gives its path back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (path) => {
      const line = formatJson(request({ path }), TIME_MS);
      expect(line).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]*\n$/u);
      expect(JSON.parse(line)).toMatchObject({ path });
    }),
  );
});

test.each([
  [TIME_MS + 1, '2026-11-21T03:04:05.679Z'],
  [TIME_MS + 322, '2026-11-21T03:04:06.000Z'],
  [Date.UTC(2026, 11, 31, 23, 59, 59, 7), '2026-12-31T23:59:59.007Z'],
  [TIME_MS, TIME],
])('the time of each request is its own', (timeMs, time) => {
  const lines: string[] = [];
  let now = TIME_MS;
  const log = createJsonLog({ write: (line) => void lines.push(line) }, () => now);
  log(request({}));
  now = timeMs;
  log(request({ cpuMs: undefined, durationMs: 12_345.0004 }));
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { time: TIME, durationMs: 1.235, cpuMs: 0.123 },
    { time, durationMs: 12_345 },
  ]);
  expect(lines[1]).not.toContain('cpuMs');
});

test.each([
  [0, 0],
  [-0.0001, 0],
  [-1.25, -1.25],
  [1e21, 1e21],
  [NaN, null],
  [Infinity, null],
])('a time of %f is JSON too', (durationMs, written) => {
  expect(JSON.parse(formatJson(request({ durationMs }), TIME_MS))).toMatchObject({ durationMs: written });
});

test("a guest's lines become objects, with the instance's number if they have a prefix", () => {
  const lines = formatGuestOutput('stdout', 'stdout [12] :: a\nstdout [12] :: stdout [0] :: b\nplain\n', TIME_MS)
    .trimEnd()
    .split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { time: TIME, level: 'info', event: 'guest-output', stream: 'stdout', instance: 12, line: 'a' },
    { time: TIME, level: 'info', event: 'guest-output', stream: 'stdout', instance: 12, line: 'stdout [0] :: b' },
    { time: TIME, level: 'info', event: 'guest-output', stream: 'stdout', line: 'plain' },
  ]);
});
