import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/cli/options/address.ts';
import { formatByteCount, parseByteCount, parseCapacity } from '../../src/cli/options/byte-count.ts';
import { parseCountFrom } from '../../src/cli/options/count.ts';
import { parseLimits, shareAmong } from '../../src/cli/options/guest-limits.ts';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';
import { formatSeconds, parseDuration, parseTimeout } from '../../src/cli/options/duration.ts';
import { toGuestEnv } from '../../src/cli/options/guest-env.ts';
import { parseRequestFields } from '../../src/cli/options/request-fields.ts';
import { type FlagTexts, parseFlags } from '../../src/cli/options/wasmtime-flags.ts';
import { parseWorkerCount } from '../../src/cli/options/worker-count.ts';
import { HostError } from '../../src/util/host-error.ts';
import { formatOrigin } from '../../src/server/http1/listen.ts';

const NO_FLAGS: FlagTexts = { S: [], W: [], C: [], O: [], D: [] };

describe('a time', () => {
  test.each([
    ['30s', 30_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['5', 5000],
    ['0', 0],
    ['0s', 0],
    ['1.5s', 1500],
    ['.5s', 500],
    ['10 ms', 10],
    ['1500us', 2],
    ['1ns', 1],
    ['20µs', 1],
    ['24h', 86_400_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', 's', '-1s', '1d', '1 s 2', '1e3', '30sec', 'Infinity', '1,5s'])('%j is none', (text) => {
    expect(() => parseDuration(text)).toThrow(/is no time/);
  });

  test('that no timer can wait for is refused', () => {
    expect(() => parseDuration('600h')).toThrow(/too long/);
  });

  test('of any number of milliseconds is read back', () => {
    fc.assert(fc.property(fc.nat(2 ** 31 - 1), (ms) => parseDuration(`${ms}ms`) === ms));
  });

  test('is written so that it is read back', () => {
    expect([0, 1, 1500, 30_000].map(formatSeconds)).toEqual(['0s', '1ms', '1500ms', '30s']);
    fc.assert(fc.property(fc.nat(2 ** 31 - 1), (ms) => parseDuration(formatSeconds(ms)) === ms));
  });
});

describe('an address', () => {
  test.each([
    ['127.0.0.1:8080', '127.0.0.1', 8080],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['localhost:80', 'localhost', 80],
    ['[::1]:8080', '::1', 8080],
    ['[::]:65535', '::', 65_535],
    [':8080', '127.0.0.1', 8080],
  ])('%s', (text, hostname, port) => {
    expect(parseAddress(text)).toEqual({ hostname, port });
  });

  test.each([
    ['8080', /write 127\.0\.0\.1:8080/],
    ['::1', /brackets/],
    ['::1:8080', /brackets/],
    ['localhost', /HOST:PORT/],
    ['localhost:', /HOST:PORT/],
    ['localhost:http', /HOST:PORT/],
    ['http://localhost:80', /HOST:PORT/],
    ['localhost:65536', /last one is 65535/],
    ['[::g]:80', /no IPv6 address/],
    ['', /HOST:PORT/],
  ])('%j is refused', (text, message) => {
    expect(() => parseAddress(text)).toThrow(message);
  });

  test('is printed as it is written', () => {
    for (const text of ['127.0.0.1:8080', '[::1]:1']) expect(formatOrigin(parseAddress(text))).toBe(`http://${text}`);
  });
});

describe('a count', () => {
  test('is a whole number from a least one', () => {
    expect(parseCountFrom(1)('1')).toBe(1);
    expect(parseCountFrom(0)('0')).toBe(0);
  });

  test.each(['0', '-1', '1.5', '1e3', '', 'x', '99999999999999999999'])('%j is none from 1', (text) => {
    expect(() => parseCountFrom(1)(text)).toThrow(/no whole number from 1/);
  });
});

describe('a size', () => {
  test.each([
    ['0', 0],
    ['16384', 16_384],
    ['16KiB', 16_384],
    ['16 kib', 16_384],
    ['10MB', 10_000_000],
    ['1.5MiB', 1_572_864],
    ['2gb', 2e9],
    ['7b', 7],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseByteCount(text)).toBe(bytes);
  });

  test.each(['', 'MB', '-1', '1e3', '10M', '5x', '0x10', '9'.repeat(30), 'Infinity'])('%j is none', (text) => {
    expect(() => parseByteCount(text)).toThrow(/is no size/);
  });

  test('is written so that it is read back', () => {
    expect([0, 7, 1000, 16_384, 10_000_000, 2 ** 30].map(formatByteCount)).toEqual([
      ...['0B', '7B', '1kB', '16KiB', '10MB', '1GiB'],
    ]);
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseByteCount(formatByteCount(bytes)) === bytes));
  });

  test('that something has to fit into is not 0, nor is a time that something takes', () => {
    expect(() => parseCapacity('0')).toThrow(/at least 1 byte/);
    expect(() => parseTimeout('0')).toThrow(/above 0/);
    expect([parseCapacity('1KiB'), parseTimeout('1s')]).toEqual([1024, 1000]);
  });
});

describe('a number of workers', () => {
  test.each([
    ['1', 1],
    ['16', 16],
    ['auto', availableParallelism()],
    ['max', availableParallelism()],
  ])('%s', (text, count) => {
    expect(parseWorkerCount(text)).toBe(count);
  });

  test.each(['0', '-1', '1.5', 'all', ''])('%j is none', (text) => {
    expect(() => parseWorkerCount(text)).toThrow(/no whole number from 1, nor auto/);
  });
});

describe('request fields', () => {
  test.each([
    ['X-A: b', ['x-a', 'b']],
    ['x-a:b', ['x-a', 'b']],
    ['x-a:', ['x-a', '']],
    ['x-a: b: c ', ['x-a', 'b: c']],
    ['x-a: é', ['x-a', '\u00c3\u00a9']],
  ])('%j', (text, entry) => {
    expect(parseRequestFields([text])).toEqual([entry]);
  });

  test.each(['', 'x-a', ': b', 'x a: b', 'x-a: b\nx-c: d', 'x-a: \u0000'])('%j is none', (text) => {
    expect(() => parseRequestFields([text])).toThrow(/is no field/);
  });

  test.each(['Host: a', 'connection: close', 'transfer-encoding: chunked'])('%j would reach no guest', (text) => {
    expect(() => parseRequestFields([text])).toThrow(/no guest ever sees it/);
  });

  test('stand in files one a line, and a bad line is named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wasi-serve-'));
    const path = join(folder, 'fields');
    await writeFile(path, 'x-a: 1\r\n\nx-b: 2\n');
    expect(parseRequestFields([`@${path}`, 'x-c: 3'])).toEqual([
      ['x-a', '1'],
      ['x-b', '2'],
      ['x-c', '3'],
    ]);
    await writeFile(path, 'x-a: 1\nnonsense\n');
    expect(() => parseRequestFields([`@${path}`])).toThrow(/fields, line 2: 'nonsense'/);
    await rm(folder, { recursive: true });
    expect(() => parseRequestFields([`@${path}`])).toThrow(/ENOENT/);
  });
});

describe('variables', () => {
  const ours = { HOME: '/root', LANG: 'C' };

  test.each([
    ['named', [], {}],
    ['named', ['A=1', 'B=x=y', 'C='], { A: '1', B: 'x=y', C: '' }],
    ['named', ['HOME'], { HOME: '/root' }],
    ['named', ['A=1', 'A=2'], { A: '2' }],
    ['all', [], ours],
    ['all', ['LANG=de'], { HOME: '/root', LANG: 'de' }],
  ] as const)('%s %j', (inherit, named, env) => {
    expect(toGuestEnv({ inherit, named }, ours)).toEqual(env);
  });

  test.each([
    ['NOPE', /no such variable/],
    ['=1', /has no name/],
    ['', /has no name/],
  ])('%j is refused', (text, message) => {
    expect(() => toGuestEnv({ inherit: 'named', named: [text] }, ours)).toThrow(message);
  });
});

describe("wasmtime's options", () => {
  test.each([
    [{ S: ['inherit-env'] }, { inheritEnv: 'all' }],
    [{ S: ['cli,inherit-env=y', 'http'] }, { inheritEnv: 'all' }],
    [{ S: ['inherit-env', 'inherit-env=n'] }, { inheritEnv: 'named' }],
    [{ W: ['timeout=5s'] }, { timeoutMs: 5000 }],
    [{ W: ['timeout=5s,timeout=1'] }, { timeoutMs: 1000 }],
    [{ W: ['timeout=0'] }, { timeoutMs: 0 }],
    [{ C: ['cache=/tmp/x'] }, { cache: '/tmp/x' }],
    [{ C: ['cache=no'] }, { cache: false }],
    [{ C: ['cache'] }, { cache: undefined }],
    [{ S: ['cli,common,http,preview2=y'] }, { ignored: [] }],
    [
      { S: ['nn,cli=n'], O: ['opt-level=2'], D: ['logging'] },
      { ignored: ['-S nn', '-S cli=n', '-O opt-level=2', '-D logging'] },
    ],
    [
      { W: ['max-wasm-stack=1,timeout=1s'], C: ['cranelift-x=y'] },
      { ignored: ['-W max-wasm-stack=1', '-C cranelift-x=y'] },
    ],
  ] as const)('%j', (given, expected) => {
    expect(parseFlags({ ...NO_FLAGS, ...given })).toMatchObject(expected);
  });

  test.each([
    [{ S: ['inherit-enw'] }, /-S inherit-enw: there is no such option/],
    [{ S: ['inherit-env=maybe'] }, /write y or n/],
    [{ W: ['timeout'] }, /is no time/],
    [{ C: ['cache='] }, /name a folder/],
  ])('%j is refused', (given, message) => {
    expect(() => parseFlags({ ...NO_FLAGS, ...given })).toThrow(message);
  });
});

describe('limits on guests', () => {
  test('are read by name, the last of one name', () => {
    const texts = ['handles=5', 'memory-bytes=1GiB', 'outbound=0', 'handles=7'];
    expect(parseLimits(texts)).toEqual({ maxHandles: 7, maxMemoryBytes: 1024 ** 3, maxOutbound: 0 });
  });

  test.each(['handles', 'handle=1', '=', 'handles=', 'handles=-1', 'memory-bytes=0', 'buffered-writes=0'])(
    '%j is none',
    (text) => {
      expect(() => parseLimits([text])).toThrow(HostError);
    },
  );

  test("share the machine's memory among workers", () => {
    expect(4 * shareAmong(4).maxTotalMemoryBytes).toBe(DEFAULT_LIMITS.maxTotalMemoryBytes);
  });

  test('have names in wasmtime too', () => {
    const W = ['max-memory-size=1048576,max-table-elements=9'];
    const S = ['max-resources=3', 'hostcall-fuel=10,max-random-size=11,max-http-fields-size=12'];
    const { limits, ignored } = parseFlags({ ...NO_FLAGS, W, S });
    expect(limits).toEqual({
      maxMemoryBytes: 1024 ** 2,
      maxTableElements: 9,
      maxHandles: 3,
      maxCallBytes: 10,
      maxRandomBytes: 11,
      maxFieldsBytes: 12,
    });
    expect(ignored).toEqual([]);
  });
});
