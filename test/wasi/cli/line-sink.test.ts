import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/util/limits.ts';
import { LineSink, MAX_LINE_BYTES, OutputQuota, linePrefix } from '../../../src/wasi/cli/line-sink.ts';

const ESC = String.fromCharCode(0x1b);
const NOTICE = `[output beyond ${DEFAULT_LIMITS.maxOutputBytes} bytes of one request is dropped]\n`;

/** Text a guest might write, with what is dangerous in it: newlines, escapes, halves of characters, anything. */
const output = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r\n', '\t', `${ESC}[31m`, 'é', '𝄞', 'plain').map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 4 }),
    ),
  )
  .map((parts) => Buffer.concat(parts));

describe('a line sink', () => {
  test.each<[string, string, string | undefined, string]>([
    [
      'starts every line with the prefix',
      'a\n\nb\n',
      'stdout [7] :: ',
      'stdout [7] :: a\nstdout [7] :: \nstdout [7] :: b\n',
    ],
    ['has none where none is wanted', 'a\nb\n', undefined, 'a\nb\n'],
    ['ends the last line with the request', 'a\nb', '> ', '> a\n> b\n'],
    ['writes nothing for nothing', '', '> ', ''],
    ['spells escapes', `${ESC}[2J${ESC}]0;title\u0007`, undefined, '\\x1b[2J\\x1b]0;title\\x07\n'],
    ['spells C1 controls and DEL', '\u009b31m\u007f', undefined, '\\x9b31m\\x7f\n'],
    ['spells carriage returns', 'fake\rreal\r\n', undefined, 'fake\\x0dreal\\x0d\n'],
    ['keeps tabs and all other text', 'a\tb é 𝄞\u200d\ufeff', undefined, 'a\tb é 𝄞\u200d\ufeff\n'],
  ])('%s', (_name, text, prefix, expected) => {
    expect(linesOf([Buffer.from(text)], prefix)).toBe(expected);
  });

  test('spells what is not UTF-8 as U+FFFD', () => {
    expect(linesOf([Uint8Array.of(0x61, 0xff, 0x62, 0xe2, 0x82, 0x0a, 0xac)])).toBe('a\ufffdb\ufffd\n\ufffd\n');
  });

  test('holds a line until its newline', () => {
    const lines: string[] = [];
    const sink = new LineSink({ prefix: '> ', quota: new OutputQuota(), writeLines: (text) => lines.push(text) });
    for (const text of ['a', 'b\nc', 'd\ne\nf']) {
      sink.write(Buffer.from(text));
      sink.flush();
    }
    expect(lines).toEqual(['> ab\n', '> cd\n> e\n']);
    sink[Symbol.dispose]();
    expect(lines.slice(2)).toEqual(['> f\n']);
  });

  test('takes no more once the request has ended', () => {
    const sink = new LineSink({ prefix: undefined, quota: new OutputQuota(), writeLines: () => {} });
    sink[Symbol.dispose]();
    expect(sink.budget()).toEqual({ tag: 'closed' });
  });

  test('gives the same lines however the bytes are split', () => {
    fc.assert(
      fc.property(output, fc.array(fc.nat()), fc.nat(60), (bytes, cuts, maxBytes) => {
        expect(linesOf(split(bytes, cuts), '> ', maxBytes)).toBe(linesOf([bytes], '> ', maxBytes));
      }),
    );
  });

  test('lets no control character through but tab and the newline of each line', () => {
    fc.assert(
      fc.property(output, (bytes) => {
        expect(linesOf([bytes], '> ')).not.toMatch(/[^\P{Cc}\t\n]/u);
        for (const line of linesOf([bytes], '> ').split('\n').slice(0, -1)) expect(line).toMatch(/^> /);
      }),
    );
  });
});

describe('a long line', () => {
  test.each([
    ['is whole up to the limit', 'a'.repeat(MAX_LINE_BYTES), [MAX_LINE_BYTES]],
    ['is broken beyond it', 'a'.repeat(2 * MAX_LINE_BYTES + 1), [MAX_LINE_BYTES, MAX_LINE_BYTES, 1]],
    ['is broken between characters', `a${'𝄞'.repeat(MAX_LINE_BYTES / 4)}`, [MAX_LINE_BYTES - 3, 4]],
  ])('%s', (_name, text, byteLengths) => {
    for (const bytes of [
      [Buffer.from(text)],
      split(Buffer.from(text), [1, 2, 3, MAX_LINE_BYTES, MAX_LINE_BYTES + 1]),
    ]) {
      const lines = linesOf(bytes).split('\n').slice(0, -1);
      expect(lines.map((line) => Buffer.byteLength(line))).toEqual(byteLengths);
      expect(lines.join('')).toBe(text);
    }
  });

  test('is broken also if it is not UTF-8', () => {
    const lines = linesOf([new Uint8Array(MAX_LINE_BYTES + 1).fill(0x80)]).split('\n');
    expect(lines.map((line) => line.length)).toEqual([MAX_LINE_BYTES, 1, 0]);
  });

  test('may be written a byte at a time', () => {
    const bytes = Buffer.from('a'.repeat(MAX_LINE_BYTES + 1));
    expect(linesOf([...bytes].map((byte) => Uint8Array.of(byte)))).toBe(`${bytes.toString().slice(1)}\na\n`);
  });
});

describe('the quota', () => {
  test('is one for stdout and stderr; what is beyond is dropped with one notice', () => {
    const lines: string[] = [];
    const quota = new OutputQuota();
    const [out, error] = (['stdout', 'stderr'] as const).map(
      (stream) => new LineSink({ prefix: linePrefix(stream, 0), quota, writeLines: (text) => lines.push(text) }),
    );
    const half = Buffer.from(
      `${'a'.repeat(MAX_LINE_BYTES - 1)}\n`.repeat(DEFAULT_LIMITS.maxOutputBytes / MAX_LINE_BYTES / 2),
    );
    out?.write(half);
    error?.write(half.subarray(1));
    out?.write(Buffer.from('bc'));
    out?.write(Buffer.from('d\n'));
    error?.write(Buffer.from('e\n'));
    out?.[Symbol.dispose]();
    error?.[Symbol.dispose]();
    expect(lines.slice(2)).toEqual([`stdout [0] :: b\nstdout [0] :: ${NOTICE}`]);
  });

  test('ends without a notice if nothing is beyond it', () => {
    expect(linesOf([Buffer.from('abc')], '', 3)).toBe('abc\n');
  });
});

/** All that a sink writes for `writes`, to the end of the request. */
function linesOf(writes: readonly Uint8Array[], prefix?: string, maxBytes = DEFAULT_LIMITS.maxOutputBytes): string {
  let written = '';
  const writeLines = (text: string): void => {
    expect(text).toMatch(/\n$/);
    written += text;
  };
  const sink = new LineSink({ prefix, quota: new OutputQuota(maxBytes), writeLines });
  for (const bytes of writes) sink.write(bytes);
  sink[Symbol.dispose]();
  return written;
}

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = cuts.map((cut) => cut % (bytes.byteLength + 1)).toSorted((a, b) => a - b);
  return [0, ...ends].map((start, index) => bytes.subarray(start, ends[index]));
}
