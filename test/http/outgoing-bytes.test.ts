import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/http/error-code.ts';
import { OutgoingBytes } from '../../src/http/outgoing-bytes.ts';
import type { Readiness } from '../../src/io/readiness.ts';
import { CLOSED } from '../../src/io/stream-error.ts';

const MAX_WRITE_BYTES = 1024 * 1024;
const TRAILERS = [['x-checksum', '1']] as const;

/** What a body must do, in the simplest terms. `flushing`: budget 0 until the reader has taken all and asks again. */
interface Model {
  readonly contentLength: number | undefined;
  pieces: Uint8Array[];
  writtenBytes: number;
  takenBytes: number;
  reader: 'none' | 'reading' | 'idle' | 'gone';
  end: 'open' | 'finished' | 'aborted';
  flushing: boolean;
}
interface Body {
  readonly bytes: OutgoingBytes;
}
type Command = fc.Command<Model, Body>;
/** What the reader finds when it has taken all. */
const AT_END = { open: 'pending', finished: 'finished', aborted: 'aborted' } as const;

type Check = (model: Model) => boolean;

function command(name: string, run: (model: Model, bytes: OutgoingBytes) => void, check: Check = () => true): Command {
  return {
    check,
    run: (model, { bytes }) => {
      const assertWoken = [watch(bytes), watch(bytes.readable)];
      run(model, bytes);
      for (const assert of assertWoken) assert();
      expect(bytes.budget()).toEqual(budgetOf(model));
      expect(bytes.isReady()).toBe(budgetOf(model) !== 0);
      expect(bytes.readable.isReady()).toBe(model.pieces.length > 0 || model.end !== 'open');
    },
    toString: () => name,
  };
}

const commands = [
  fc.uint8Array({ maxLength: 6 }).map((contents) =>
    command(
      `write ${contents.byteLength}`,
      (model, bytes) => {
        const writtenBytes = model.writtenBytes + contents.byteLength;
        const failure = bytes.write(contents);
        if (model.contentLength !== undefined && writtenBytes > model.contentLength) {
          expect(failure).toMatchObject({
            tag: 'last-operation-failed',
            val: { cause: { code: sizeError(BigInt(writtenBytes)) } },
          });
          end(model, 'aborted');
        } else {
          expect(failure).toBeUndefined();
          model.pieces.push(contents);
          model.writtenBytes = writtenBytes;
        }
      },
      (model) => budgetOf(model) === MAX_WRITE_BYTES,
    ),
  ),
  fc.constant(
    command('flush', (model, bytes) => {
      expect(bytes.flush()).toEqual(model.reader === 'gone' ? CLOSED : undefined);
      model.flushing = model.reader === 'reading' || (model.reader === 'idle' && model.pieces.length > 0);
    }),
  ),
  fc.constantFrom(undefined, TRAILERS).map((trailers) =>
    command(
      'finish',
      (model, bytes) => {
        const isShort = model.contentLength !== undefined && model.writtenBytes < model.contentLength;
        expect(bytes.finish(trailers)).toEqual(isShort ? sizeError(BigInt(model.writtenBytes)) : undefined);
        end(model, isShort ? 'aborted' : 'finished');
      },
      (model) => model.end === 'open',
    ),
  ),
  fc.constant(
    command('abort', (model, bytes) => {
      bytes.abort('the guest trapped');
      end(model, 'aborted');
    }),
  ),
  fc.constant(
    command(
      'next',
      (model, bytes) => {
        const piece = bytes.next();
        const expected = model.pieces.shift();
        model.reader = expected === undefined ? 'idle' : 'reading';
        model.flushing &&= expected !== undefined;
        model.takenBytes += expected?.byteLength ?? 0;
        expect(piece.at).toBe(expected === undefined ? AT_END[model.end] : 'bytes');
        if (piece.at === 'bytes') expect(piece.bytes).toEqual(expected);
        if (piece.at === 'finished') expect(model.takenBytes).toBe(model.contentLength ?? model.writtenBytes);
      },
      (model) => model.reader !== 'gone',
    ),
  ),
  fc.constant(
    command('leave', (model, bytes) => {
      bytes.leave();
      model.reader = 'gone';
      model.pieces = [];
      model.flushing = false;
    }),
  ),
];
describe('an outgoing body', () => {
  test('keeps order and budget, wakes waiters, and is finished only when it is whole', () => {
    fc.assert(
      fc.property(
        fc.option(fc.nat(12), { nil: undefined }),
        fc.commands(commands, { maxCommands: 40 }),
        (contentLength, run) => {
          fc.modelRun(() => ({ model: modelOf(contentLength), real: { bytes: bodyOf(contentLength) } }), run);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('is aborted, not finished, when its guest writes too much and then finishes', () => {
    const bytes = bodyOf(3);
    bytes.write(Uint8Array.of(1, 2, 3, 4));
    bytes.finish(undefined);
    expect(bytes.next()).toMatchObject({ at: 'aborted' });
  });

  test('gives nothing of an excess to the wire', () => {
    const bytes = bodyOf(3);
    bytes.write(Uint8Array.of(1, 2));
    expect(bytes.next()).toEqual({ at: 'bytes', bytes: Uint8Array.of(1, 2) });
    bytes.write(Uint8Array.of(3, 4));
    expect(bytes.next()).toMatchObject({ at: 'aborted' });
  });

  test('gives its trailers with its end', () => {
    const bytes = bodyOf(undefined);
    bytes.finish(TRAILERS);
    expect(bytes.next()).toEqual({ at: 'finished', trailers: TRAILERS });
    expect(bytes.next()).toEqual({ at: 'finished', trailers: TRAILERS });
  });

  test.each([
    ['is whole when finished before anything was taken', (bytes: OutgoingBytes) => bytes.finish(undefined), true],
    ['is not whole before its end', () => {}, false],
    ['is not whole when aborted', (bytes: OutgoingBytes) => bytes.abort('trap'), false],
    ['is not whole with trailers', (bytes: OutgoingBytes) => bytes.finish(TRAILERS), false],
    ['is not whole once a piece was taken', (bytes: OutgoingBytes) => [bytes.next(), bytes.finish(undefined)], false],
  ])('%s', (_name, act, isWhole) => {
    const bytes = bodyOf(undefined);
    bytes.write(Uint8Array.of(1));
    act(bytes);
    expect(bytes.isWhole).toBe(isWhole);
  });
});

function budgetOf(model: Model): number | typeof CLOSED {
  if (model.reader === 'gone' || model.end !== 'open') return CLOSED;
  return model.flushing || model.pieces.length >= 2 ? 0 : MAX_WRITE_BYTES;
}

/** The first end counts; what is aborted gives nothing more. */
function end(model: Model, how: 'finished' | 'aborted'): void {
  if (model.end !== 'open') return;
  model.end = how;
  if (how === 'aborted') model.pieces = [];
}

function modelOf(contentLength: number | undefined): Model {
  return { contentLength, pieces: [], writtenBytes: 0, takenBytes: 0, reader: 'none', end: 'open', flushing: false };
}

function bodyOf(contentLength: number | undefined): OutgoingBytes {
  return new OutgoingBytes(contentLength === undefined ? undefined : BigInt(contentLength), sizeError);
}

function sizeError(written: bigint): ErrorCode {
  return { tag: 'HTTP-response-body-size', val: written };
}

/** Listens if `readiness` is not ready; the returned function fails if it then is ready without having called the listener. */
function watch(readiness: Readiness): () => void {
  if (readiness.isReady()) return () => {};
  let isWoken = false;
  const wake = (): void => void (isWoken = true);
  readiness.onReady(wake);
  return () => {
    readiness.offReady(wake);
    expect(isWoken || !readiness.isReady()).toBe(true);
  };
}
