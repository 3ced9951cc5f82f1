import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogEvent, RequestRecord } from '../../src/observe/log.ts';
import { COLOURED, PLAIN } from '../../src/observe/terminal/paint.ts';
import { formatText } from '../../src/observe/terminal/text-log.ts';

const REQUEST: RequestRecord = {
  id: '7f',
  component: 'a.wasm',
  method: 'GET',
  path: '/path',
  status: 200,
  byteLength: 1234,
  durationMs: 3.14,
  cpuMs: 0.42,
  instance: 'fresh',
  end: 'complete',
};

const TRACE = `RuntimeError: unreachable
    at core::panic (wasm://wasm/380adbba:wasm-function[1]:0xdf)
    at wasm://wasm/app.wasm-380adbba:wasm-function[3]:0x119
    at fn (jco-glue:a.wasm:2634:27)
    at async Object.call (file:///src/linker/jco-glue.ts:55:18)`;

function failure(message: string, trace?: string): LogEvent {
  return { at: 'request-failed', id: '7f', component: 'a.wasm', blame: 'guest', message, trace };
}

describe('a request', () => {
  test.each<[Partial<RequestRecord>, string]>([
    [{}, 'GET  /path                    200   1.2 kB   3.1 ms  cpu 0.4 ms fresh 7f\n'],
    [
      { method: 'DELETE', status: 404, byteLength: 0 },
      'DELETE /path                    404      0 B   3.1 ms  cpu 0.4 ms fresh 7f\n',
    ],
    [{ end: 'aborted' }, 'GET  /path                    200   1.2 kB   3.1 ms  cpu 0.4 ms fresh 7f broken off\n'],
    [{ end: 'client-left' }, 'GET  /path                    200   1.2 kB   3.1 ms  cpu 0.4 ms fresh 7f client left\n'],
    [
      { byteLength: 12_100_000, durationMs: 1834 },
      'GET  /path                    200  12.1 MB    1.8 s  cpu 0.4 ms fresh 7f\n',
    ],
    [{ durationMs: 99.94 }, 'GET  /path                    200   1.2 kB  99.9 ms  cpu 0.4 ms fresh 7f\n'],
    [{ durationMs: 390.46 }, 'GET  /path                    200   1.2 kB   390 ms  cpu 0.4 ms fresh 7f\n'],
    [{ durationMs: 99.95 }, 'GET  /path                    200   1.2 kB   100 ms  cpu 0.4 ms fresh 7f\n'],
    [
      { durationMs: 0.04, cpuMs: undefined, byteLength: 999 },
      'GET  /path                    200    999 B   0.0 ms       cpu - fresh 7f\n',
    ],
    [{ status: 1000 }, 'GET  /path                    1000   1.2 kB   3.1 ms  cpu 0.4 ms fresh 7f\n'],
  ])('%j', (part, line) => {
    expect(formatText({ at: 'request', request: { ...REQUEST, ...part } }, PLAIN)).toBe(line);
  });

  test('is one line, whatever its path, method and id hold', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, text, (path, method, id) => {
        const line = formatText({ at: 'request', request: { ...REQUEST, path, method, id } }, PLAIN);
        expect(line).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cf}]*\n$/u);
      }),
    );
  });

  test('spells what would forge a line or move the cursor', () => {
    const path = '/a\r\nGET /admin\u001b[2J\u202e\u2028';
    const line = formatText({ at: 'request', request: { ...REQUEST, path } }, PLAIN);
    expect(line).toContain(String.raw`/a\x0d\x0aGET /admin\x1b[2J\u{202e}\u{2028}`);
  });

  test('of a very long path is cut', () => {
    const line = formatText({ at: 'request', request: { ...REQUEST, path: `/${'a'.repeat(10_000)}` } }, PLAIN);
    expect(line.length).toBeLessThan(700);
    expect(line).toContain('a… 200');
  });

  test('has colours if the terminal supports them', () => {
    expect(formatText({ at: 'request', request: REQUEST }, COLOURED)).toContain('\u001b[32m200');
  });
});

describe('a failure', () => {
  test("is logged with the guest's frames, without jco's and ours", () => {
    expect(formatText(failure('the guest trapped: unreachable', TRACE), PLAIN)).toBe(
      'error [7f] the guest trapped: unreachable\n' +
        '    at core::panic (wasm-function[1]:0xdf)\n' +
        '    at wasm-function[3]:0x119\n',
    );
  });

  test('of the host itself is logged with its frames too', () => {
    const trace = TRACE.replace('RuntimeError', 'TypeError').replace(
      'unreachable\n',
      'x\n    at poll (file:///src/wasi/io/poll.ts:1:2)\n',
    );
    const text = formatText(failure('x is undefined', trace), PLAIN);
    expect(text).toContain('    at poll (file:///src/wasi/io/poll.ts:1:2)\n    at core::panic');
    expect(text).not.toContain('(jco-glue:');
  });

  test('without frames of the guest is one line', () => {
    expect(formatText(failure('no\nsuch\u001b[31m'), PLAIN)).toBe(String.raw`error [7f] no\x0asuch\x1b[31m` + '\n');
  });

  test('in a function whose name is an escape sequence does not reach the terminal', () => {
    const trace = 'RuntimeError: x\n    at \u001b[2Jevil (wasm://wasm/1:wasm-function[1]:0x1)';
    expect(formatText(failure('x', trace), PLAIN)).toContain(String.raw`    at \x1b[2Jevil (wasm-function[1]:0x1)`);
  });

  test('deep in the guest is cut', () => {
    const frame = '\n    at f (wasm://wasm/1:wasm-function[1]:0x1)';
    expect(formatText(failure('x', `RuntimeError: x${frame.repeat(100)}`), PLAIN)).toMatch(/\n {4}… 68 more\n$/);
  });
});

describe('a stall', () => {
  const STALL = { phase: 'serving', component: 'a.wasm', stalledMs: 45_012, request: undefined } as const;
  const REQUEST_OF_STALL = { instance: 7, method: 'GET', path: '/a\n\u001b[2J', id: '7f' };

  test('is logged with the request for which a guest ran last', () => {
    expect(formatText({ at: 'stalled', stall: { ...STALL, request: REQUEST_OF_STALL } }, PLAIN)).toBe(
      `error: process ${process.pid} is ending: its event loop has been blocked for 45.0 s (--stall-timeout) by a guest of a.wasm; ` +
        String.raw`the last guest to run was handling GET /a\x0a\x1b[2J (request 7f, instance 7)` +
        '\n',
    );
  });

  test.each([
    ['serving', /for 45\.0 s \(--stall-timeout\) by a guest of a\.wasm\n$/],
    ['starting', /for 45\.0 s \(--stall-timeout\) by the loading of a\.wasm\n$/],
    [
      'finishing',
      /it was told to finish 45\.0 s ago \(--drain-timeout\), but something in a\.wasm blocks its event loop\n$/,
    ],
  ] as const)('while the process is %s says so', (phase, text) => {
    expect(formatText({ at: 'stalled', stall: { ...STALL, phase } }, PLAIN)).toMatch(text);
  });
});

describe('a notice', () => {
  test.each([
    ['info', 'ready', 'ready\n'],
    ['warning', 'without effect', 'note: without effect\n'],
    ['error', 'imports:\n  a:b/c\u001b', 'error: imports:\n  a:b/c\\x1b\n'],
  ] as const)('%s', (level, message, text) => {
    expect(formatText({ at: 'notice', level, message }, PLAIN)).toBe(text);
  });
});

describe('a start', () => {
  const START = {
    at: 'start',
    start: {
      origins: ['http://0.0.0.0:8080'],
      component: 'a.wasm',
      byteLength: 12_100_000,
      world: 'wasi:http/proxy@0.2.3',
      imports: ['wasi:io/poll@0.2.3', 'wasi:io/error@0.2.3', 'wasi:http/types@0.2.3'],
      engine: { name: 'jco', reason: 'why' },
      isolation: { name: 'fresh', reason: 'because' },
      preemption: { name: 'off', reason: 'as requested' },
      limits: {
        timeoutMs: 1500,
        maxConcurrentRequests: 10,
        maxQueuedRequests: 0,
        others: ['--cpu-timeout 5s', '--limit handles=7'],
      },
    },
  } as const;

  test('begins with the line that tools wait for', () => {
    expect(formatText(START, PLAIN)).toBe(`Serving HTTP on http://0.0.0.0:8080/
  component   a.wasm (12.1 MB)
  world       wasi:http/proxy@0.2.3
  imports     wasi:io (2), wasi:http (1)
  engine      jco: why
  isolation   fresh: because
  preemption  off: as requested
  limits      1500 ms per request, 10 concurrent requests, 0 more queued
              --cpu-timeout 5s --limit handles=7
  try         curl -i http://127.0.0.1:8080/
`);
  });

  test.each([40, 50, 60, 80, 200])('is no wider than a terminal of %d columns, except for single words', (columns) => {
    for (const line of formatText(START, PLAIN, columns).split('\n'))
      if (line.length > columns) expect(line.slice(14)).toMatch(/^\S+$|^$/);
  });

  test('keeps its words, and their column, when it is wrapped', () => {
    const text = formatText(START, PLAIN, 50);
    expect(text).toContain('  limits      1500 ms per request, 10 concurrent\n              requests, 0 more queued\n');
    expect(text.split(/\s+/)).toEqual(formatText(START, PLAIN).split(/\s+/));
  });
});
