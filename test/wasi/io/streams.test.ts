import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Result, ok } from '../../../src/util/result.ts';
import { Trap } from '../../../src/util/trap.ts';
import { DEFAULT_LIMITS } from '../../../src/util/limits.ts';
import { WasiCtx } from '../../../src/wasi/wasi-ctx.ts';
import { type ByteSource, EMPTY_SOURCE } from '../../../src/io/byte-source.ts';
import { InputStream } from '../../../src/wasi/io/input-stream.ts';
import { type ByteSink, DISCARDING_SINK } from '../../../src/io/byte-sink.ts';
import { OutputStream } from '../../../src/wasi/io/output-stream.ts';
import { Wakers } from '../../../src/io/readiness.ts';
import { CLOSED, type StreamError, failed } from '../../../src/io/stream-error.ts';
import { streams } from '../../../src/wasi/io/streams.ts';
import { settle } from './gate.ts';

const ctx = new WasiCtx({});
const { funcs } = streams;
const FAILED = failed('the connection broke');
const CLOSED_RESULT = { tag: 'err', val: CLOSED } as const;
const end = fc.constantFrom<StreamError>(CLOSED, FAILED);
const bytes = fc.uint8Array({ maxLength: 20 });

/** A source that a test fills. */
class TestSource implements ByteSource {
  readonly wakers = new Wakers();
  bytes: number[] = [];
  end: StreamError | undefined;

  arrive(more: Uint8Array): void {
    this.bytes.push(...more);
    this.wakers.wake();
  }

  endWith(reason: StreamError): void {
    this.end = reason;
    this.wakers.wake();
  }

  read(maxBytes: number): Uint8Array | StreamError {
    if (this.bytes.length === 0 && this.end !== undefined) return this.end;
    return Uint8Array.from(this.bytes.splice(0, maxBytes));
  }

  isReady(): boolean {
    return this.bytes.length > 0 || this.end !== undefined;
  }

  onReady(wake: () => void): void {
    this.wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.wakers.remove(wake);
  }
}

/** A sink whose room a test sets; it keeps what it takes. */
class TestSink implements ByteSink {
  readonly wakers = new Wakers();
  readonly taken: number[] = [];
  flushes = 0;
  room = 0;
  failure: StreamError | undefined;

  make(room: number): void {
    this.room = room;
    this.wakers.wake();
  }

  fail(reason: StreamError): void {
    this.failure = reason;
    this.wakers.wake();
  }

  budget(): number | StreamError {
    return this.failure ?? this.room;
  }

  write(more: Uint8Array): undefined {
    this.taken.push(...more);
    this.room -= more.byteLength;
  }

  flush(): undefined {
    this.flushes += 1;
  }

  isReady(): boolean {
    return this.failure !== undefined || this.room > 0;
  }

  onReady(wake: () => void): void {
    this.wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.wakers.remove(wake);
  }
}

interface InputModel {
  there: number[];
  end: StreamError | undefined;
}
interface InputReal {
  readonly source: TestSource;
  readonly stream: InputStream;
}
type InputCommand = fc.Command<InputModel, InputReal>;

/** What a read of `maxBytes` must give, and what it leaves. */
function readOfModel(model: InputModel, maxBytes: number): Result<Uint8Array, StreamError> {
  if (model.there.length > 0 || model.end === undefined) return ok(Uint8Array.from(model.there.splice(0, maxBytes)));
  if (maxBytes === 0 && model.end !== CLOSED_AFTER) return ok(new Uint8Array(0));
  const told = model.end === CLOSED_AFTER ? CLOSED : model.end;
  model.end = CLOSED_AFTER;
  return { tag: 'err', val: told };
}
/** In a model: an end that has been reported. */
const CLOSED_AFTER: StreamError = { tag: 'closed' };

const inputCommands = [
  bytes.map((more): InputCommand => ({
    check: (model) => model.end === undefined,
    run: (model, { source }) => {
      model.there.push(...more);
      source.arrive(more);
    },
    toString: () => `arrive ${more.byteLength}`,
  })),
  end.map((reason): InputCommand => ({
    check: (model) => model.end === undefined,
    run: (model, { source }) => {
      model.end = reason;
      source.endWith(reason);
    },
    toString: () => `end ${reason.tag}`,
  })),
  fc.nat(30).map((len): InputCommand => ({
    check: () => true,
    run: (model, { stream }) => {
      expect(funcs['[method]input-stream.read'](ctx, stream, BigInt(len))).toEqual(readOfModel(model, len));
    },
    toString: () => `read ${len}`,
  })),
  fc.nat(30).map((len): InputCommand => ({
    check: () => true,
    run: (model, { stream }) => {
      const expected = readOfModel(model, len);
      const skipped = expected.tag === 'ok' ? ok(BigInt(expected.val.byteLength)) : expected;
      expect(funcs['[method]input-stream.skip'](ctx, stream, BigInt(len))).toEqual(skipped);
    },
    toString: () => `skip ${len}`,
  })),
  fc.constant<InputCommand>({
    check: () => true,
    run: (model, { stream }) => {
      expect(stream.isReady()).toBe(model.there.length > 0 || model.end !== undefined);
    },
    toString: () => 'ready',
  }),
];

describe('input-stream', () => {
  test('returns what is there in order, reports its end once and is closed from then on', () => {
    fc.assert(
      fc.property(fc.commands(inputCommands), (commands) => {
        const source = new TestSource();
        fc.modelRun(
          () => ({ model: { there: [], end: undefined }, real: { source, stream: new InputStream(source) } }),
          commands,
        );
      }),
    );
  });

  test('blocking-read gives at least a byte or the end, and leaves no listener behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes), end, async (arrivals, reason) => {
        const source = new TestSource();
        const stream = new InputStream(source);
        const seen: number[] = [];
        const reading = readToEnd(stream, seen);
        for (const arrival of arrivals) {
          source.arrive(arrival);
          await settle();
        }
        source.endWith(reason);
        expect(await reading).toEqual(reason);
        expect(seen).toEqual(arrivals.flatMap((arrival) => [...arrival]));
        expect(source.wakers.size).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test.each([0n, 5n, 2n ** 64n - 1n])('a read of %d bytes is bounded', (len) => {
    const source = new TestSource();
    source.bytes = Array.from({ length: DEFAULT_LIMITS.maxReadBytes + 1 }, () => 7);
    const read = funcs['[method]input-stream.read'](ctx, new InputStream(source), len);
    expect(read.tag === 'ok' && read.val.byteLength).toBe(Math.min(Number(len), DEFAULT_LIMITS.maxReadBytes));
  });

  test('a blocking read or skip of no bytes does not wait', () => {
    const stream = new InputStream(new TestSource());
    expect(funcs['[method]input-stream.blocking-read'](ctx, stream, 0n)).toEqual(ok(new Uint8Array(0)));
    expect(funcs['[method]input-stream.blocking-skip'](ctx, stream, 0n)).toEqual(ok(0n));
  });

  test('of an empty source is at its end', () => {
    expect(funcs['[method]input-stream.blocking-read'](ctx, new InputStream(EMPTY_SOURCE), 1n)).toEqual(CLOSED_RESULT);
  });

  test('traps when dropped before its pollable', () => {
    const stream = new InputStream(new TestSource());
    const pollable = funcs['[method]input-stream.subscribe'](ctx, stream);
    expect(() => stream[Symbol.dispose]()).toThrow(Trap);
    pollable[Symbol.dispose]();
    expect(() => stream[Symbol.dispose]()).not.toThrow();
  });
});

interface OutputModel {
  room: number;
  /** What the last check-write permitted, if nothing was written since: the stream keeps its word. */
  permitted: number;
  taken: number[];
  failure: StreamError | undefined;
}
interface OutputReal {
  readonly sink: TestSink;
  readonly stream: OutputStream;
}
type OutputCommand = fc.Command<OutputModel, OutputReal>;

/** The failure that the next operation must report. */
function failureOfModel(model: OutputModel): Result<never, StreamError> | undefined {
  if (model.failure === undefined) return undefined;
  const told = model.failure === CLOSED_AFTER ? CLOSED : model.failure;
  model.failure = CLOSED_AFTER;
  return { tag: 'err', val: told };
}

function writeCommand(name: string, contents: Uint8Array, write: (stream: OutputStream) => unknown): OutputCommand {
  return {
    check: () => true,
    run: (model, { stream, sink }) => {
      const failure = failureOfModel(model);
      const budget = Math.max(model.room, model.permitted);
      if (failure !== undefined) {
        expect(write(stream)).toEqual(failure);
      } else if (contents.byteLength > budget || budget === 0) {
        expect(() => write(stream)).toThrow(Trap);
      } else {
        expect(write(stream)).toEqual(ok(undefined));
        model.room -= contents.byteLength;
        model.taken.push(...contents);
      }
      model.permitted = 0;
      expect(sink.taken).toEqual(model.taken);
    },
    toString: () => `${name} ${contents.byteLength}`,
  };
}

const outputCommands = [
  fc.nat(30).map((room): OutputCommand => ({
    check: () => true,
    run: (model, { sink }) => {
      model.room = room;
      sink.make(room);
    },
    toString: () => `room ${room}`,
  })),
  end.map((reason): OutputCommand => ({
    check: (model) => model.failure === undefined,
    run: (model, { sink }) => {
      model.failure = reason;
      sink.fail(reason);
    },
    toString: () => `fail ${reason.tag}`,
  })),
  fc.constant<OutputCommand>({
    check: () => true,
    run: (model, { stream }) => {
      expect(stream.isReady()).toBe(model.failure !== undefined || model.room > 0);
      const expected = failureOfModel(model) ?? ok(BigInt(model.room));
      model.permitted = model.room;
      expect(funcs['[method]output-stream.check-write'](ctx, stream)).toEqual(expected);
    },
    toString: () => 'check-write',
  }),
  bytes.map((contents) =>
    writeCommand('write', contents, (stream) => funcs['[method]output-stream.write'](ctx, stream, contents)),
  ),
  fc
    .nat(30)
    .map((len) =>
      writeCommand('write-zeroes', new Uint8Array(len), (stream) =>
        funcs['[method]output-stream.write-zeroes'](ctx, stream, BigInt(len)),
      ),
    ),
];

describe('output-stream', () => {
  test('takes what check-write permits, traps on more, reports a failure once and is closed from then on', () => {
    fc.assert(
      fc.property(fc.commands(outputCommands), (commands) => {
        const sink = new TestSink();
        fc.modelRun(
          () => ({
            model: { room: 0, permitted: 0, taken: [], failure: undefined },
            real: { sink, stream: new OutputStream(sink) },
          }),
          commands,
        );
      }),
    );
  });

  test('blocking-write-and-flush passes everything on in order, however little room there is at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 100 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
        async (contents, rooms) => {
          const sink = new TestSink();
          let isDone = false;
          const writing = Promise.resolve(
            funcs['[method]output-stream.blocking-write-and-flush'](ctx, new OutputStream(sink), contents),
          ).finally(() => (isDone = true));
          for (const room of rooms) {
            await settle();
            if (isDone) break;
            sink.make(room);
          }
          expect(await writing).toEqual(ok(undefined));
          expect(sink.taken).toEqual([...contents]);
          expect([sink.flushes, sink.wakers.size]).toEqual([1, 0]);
        },
      ),
      { numRuns: 50 },
    );
  });

  test.each([
    [
      'blocking-write-and-flush',
      (s: OutputStream) => funcs['[method]output-stream.blocking-write-and-flush'](ctx, s, new Uint8Array(4097)),
    ],
    [
      'blocking-write-zeroes-and-flush',
      (s: OutputStream) => funcs['[method]output-stream.blocking-write-zeroes-and-flush'](ctx, s, 2n ** 64n - 1n),
    ],
    ['write-zeroes', (s: OutputStream) => funcs['[method]output-stream.write-zeroes'](ctx, s, 2n ** 64n - 1n)],
  ])('%s traps beyond its limit', (_name, write) => {
    expect(() => write(new OutputStream(DISCARDING_SINK))).toThrow(Trap);
  });

  test('a discarding sink takes all', () => {
    const stream = new OutputStream(DISCARDING_SINK);
    expect(funcs['[method]output-stream.blocking-write-and-flush'](ctx, stream, new Uint8Array(4096))).toEqual(
      ok(undefined),
    );
    expect(funcs['[method]output-stream.blocking-flush'](ctx, stream)).toEqual(ok(undefined));
  });
});

describe('splice', () => {
  test('moves as much as is there, has room and was asked for', () => {
    fc.assert(
      fc.property(bytes, fc.nat(30), fc.nat(30), (there, room, len) => {
        const [source, sink] = [new TestSource(), new TestSink()];
        source.arrive(there);
        sink.make(room);
        const moved = Math.min(there.byteLength, room, len);
        expect(
          funcs['[method]output-stream.splice'](ctx, new OutputStream(sink), new InputStream(source), BigInt(len)),
        ).toEqual(ok(BigInt(moved)));
        expect([sink.taken, source.bytes]).toEqual([[...there.slice(0, moved)], [...there.slice(moved)]]);
      }),
    );
  });

  test('blocking-splice waits for room and for bytes', async () => {
    const [source, sink] = [new TestSource(), new TestSink()];
    const [src, self] = [new InputStream(source), new OutputStream(sink)];
    const splicing = funcs['[method]output-stream.blocking-splice'](ctx, self, src, 10n);
    sink.make(3);
    await settle();
    source.arrive(Uint8Array.of(1, 2, 3, 4));
    expect(await splicing).toEqual(ok(3n));
    expect(sink.taken).toEqual([1, 2, 3]);
  });

  test('gives the end of its source', () => {
    const sink = new TestSink();
    sink.make(1);
    expect(
      funcs['[method]output-stream.splice'](ctx, new OutputStream(sink), new InputStream(EMPTY_SOURCE), 1n),
    ).toEqual(CLOSED_RESULT);
  });
});

async function readToEnd(stream: InputStream, seen: number[]): Promise<StreamError> {
  for (;;) {
    const read = await funcs['[method]input-stream.blocking-read'](ctx, stream, 7n);
    if (read.tag === 'err') return read.val;
    expect(read.val.byteLength).toBeGreaterThan(0);
    seen.push(...read.val);
  }
}
