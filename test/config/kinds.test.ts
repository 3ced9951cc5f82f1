import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseOptionText } from '../../src/config/check-option.ts';
import { addressKind } from '../../src/config/kinds/address.ts';
import { countKind, workersKind } from '../../src/config/kinds/count.ts';
import { durationKind, formatSeconds } from '../../src/config/kinds/duration.ts';
import { networksKind } from '../../src/config/kinds/networks.ts';
import type { OptionKind } from '../../src/config/kinds/option-kind.ts';
import { requestFieldsKind } from '../../src/config/kinds/request-fields.ts';
import { formatSize, sizeKind } from '../../src/config/kinds/size.ts';
import { variablesKind } from '../../src/config/kinds/variables.ts';
import { formatOrigin } from '../../src/server/http1/listen.ts';

/** What texts say to an option of a kind. Throws `HostError` as everywhere. */
function read<T>(kind: OptionKind<T>, texts: readonly string[], env: NodeJS.ProcessEnv = {}): T {
  const option = { kind, group: 'Serving', default: undefined as T, help: '' } as const;
  return parseOptionText(option, texts, '--it', env);
}

const parseDuration = (text: string): number => read(durationKind({ zero: 'no limit' }), [text]);
const parseTimeout = (text: string): number => read(durationKind({ min: 1 }), [text]);
const parseSize = (text: string): number => read(sizeKind({ min: 0, zero: 'no limit' }), [text]);
const parseCapacity = (text: string): number => read(sizeKind(), [text]);
const parseAddress = (text: string): { hostname: string; port: number } => read(addressKind(), [text]);
const parseWorkerCount = (text: string): number => read(workersKind(), [text]);
const parseRequestFields = (texts: readonly string[]): unknown => read(requestFieldsKind(), texts);

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
    expect(() => parseDuration(text)).toThrow(
      /^invalid --it '.*': write 30s, 500ms, 2m or a number of seconds, 0 for no limit$/,
    );
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
    ['localhost:65536', /the last port is 65535/],
    ['[::g]:80', /not an IPv6 address/],
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
    expect(read(countKind(1), ['1'])).toBe(1);
    expect(read(countKind(0), ['0'])).toBe(0);
  });

  test.each(['0', '-1', '1.5', '1e3', '', 'x', '99999999999999999999'])('%j is none from 1', (text) => {
    expect(() => read(countKind(1), [text])).toThrow(/: write a whole number from 1$/);
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
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', 'MB', '-1', '1e3', '10M', '5x', '0x10', '9'.repeat(30), 'Infinity'])('%j is none', (text) => {
    expect(() => parseSize(text)).toThrow(/: write 64KiB, 10MB or a number of bytes/);
  });

  test('is written so that it is read back', () => {
    expect([0, 7, 1000, 16_384, 10_000_000, 2 ** 30].map(formatSize)).toEqual([
      ...['0B', '7B', '1kB', '16KiB', '10MB', '1GiB'],
    ]);
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseSize(formatSize(bytes)) === bytes));
  });

  test('that something has to fit into is not 0, nor is a time that something takes', () => {
    expect(() => parseCapacity('0')).toThrow(/at least 1 byte/);
    expect(() => parseTimeout('0')).toThrow(/at least 1ms/);
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
    expect(() => parseWorkerCount(text)).toThrow(/write a whole number from 1 to 9999, or auto/);
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
    expect(() => parseRequestFields([text])).toThrow(/is not a field/);
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
    expect(() => parseRequestFields([`@${path}`])).toThrow(/fields': line 2: 'nonsense' is not a field/);
    await rm(folder, { recursive: true });
    expect(() => parseRequestFields([`@${path}`])).toThrow(/ENOENT/);
  });
});

describe('variables', () => {
  const ours = { HOME: '/root', LANG: 'C' };

  test.each([
    [['A=1', 'B=x=y', 'C='], { A: '1', B: 'x=y', C: '' }],
    [['HOME'], { HOME: '/root' }],
    [['A=1', 'A=2'], { A: '2' }],
    [['NOPE', 'A=1'], { A: '1' }],
  ] as const)('%j', (texts, env) => {
    expect(read(variablesKind(), texts, ours)).toEqual(env);
  });

  test.each([
    ['=1', /has no name/],
    ['', /has no name/],
  ])('%j is refused', (text, message) => {
    expect(() => read(variablesKind(), [text], ours)).toThrow(message);
  });

  test.each([
    [['HOME', 'A=1'], undefined],
    [['NOPE', 'A=1'], 'NOPE is not set here: guests do not get it'],
    [['NOPE', 'NEITHER'], 'NOPE, NEITHER are not set here: guests do not get them'],
  ])('of %j the note is %j', (texts, note) => {
    expect(variablesKind().note?.(texts, ours)).toBe(note);
  });
});

describe('networks', () => {
  test('are addresses and networks', () => {
    const texts = ['127.0.0.1', '::1', '10.0.0.0/8', 'fd00::/8'];
    expect(read(networksKind(), texts)).toEqual(texts);
    expect(networksKind().check(texts)).toBeUndefined();
  });

  test.each(['', 'localhost', '10.0.0.0/33', '10.0.0.0/8, ::1'])('%j is none', (text) => {
    expect(() => read(networksKind(), ['::1', text])).toThrow(`'${text}' is not an address or network`);
    expect(networksKind().check([text])).toMatch(/^give an array of addresses and networks/);
  });
});
