import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toBackoffMs } from '../../src/cli/workers/backoff.ts';
import { passWholeLines } from '../../src/cli/workers/whole-lines.ts';

describe('whole lines', () => {
  test.each([
    [[[0, 'a\nb']], 'a\nb\n'],
    [[[0, 'a\n']], 'a\n'],
    [[], ''],
    [
      [
        [0, 'na\u00c3'],
        [1, 'x\n'],
        [0, '\u00afve\n'],
      ],
      'x\nna\u00efve\n',
    ],
  ] as const)('of %j are %j', async (pieces, text) => {
    expect(await passed(pieces)).toBe(text);
  });

  test('of two sources are never torn, in whatever pieces they come', async () => {
    const piece = fc.tuple(fc.nat(1), fc.string({ unit: fc.constantFrom('\n', '.') }));
    await fc.assert(
      fc.asyncProperty(fc.array(piece), async (pieces) => {
        const marked = pieces.map(([source, text]) => [source, text.replaceAll('.', `${source}`)] as const);
        const text = await passed(marked);
        expect(text).toMatch(/^(?:0*\n|1*\n)*$/);
        const sent = marked.map(([, one]) => one).join('');
        for (const source of ['0', '1']) expect(count(text, source)).toBe(count(sent, source));
      }),
    );
  });
});

describe('the place of a worker', () => {
  test('is filled immediately, then after twice the delay for each further worker that could not serve, and never given up', () => {
    const delays = [0, 1, 2, 3, 4, 5, 8, 9, 100, 5000].map(toBackoffMs);
    expect(delays).toEqual([0, 0, 100, 200, 400, 800, 6400, 10_000, 10_000, 10_000]);
  });
});

/** What comes of sources that write their pieces in turn. */
async function passed(pieces: readonly (readonly [source: number, piece: string])[]): Promise<string> {
  let text = '';
  const write = (lines: string): void => void (text += lines);
  const sources = [new PassThrough(), new PassThrough()];
  for (const source of sources) {
    passWholeLines(source, { write, flush: () => Promise.resolve(), flushNow: () => undefined });
  }
  for (const [source, piece] of pieces) sources[source]?.write(Buffer.from(piece, 'latin1'));
  await Promise.all(sources.map((source) => once(source.end(), 'close')));
  return text;
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}
