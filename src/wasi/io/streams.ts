import { OK, err, ok, type Result } from '../../util/result.ts';
import { trapIf } from '../../util/trap.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { InputStream } from './input-stream.ts';
import { OutputStream } from './output-stream.ts';
import { Pollable } from './poll.ts';
import type { Readiness } from '../../io/readiness.ts';
import type { StreamError } from '../../io/stream-error.ts';
import { defineIo } from './define-io.ts';
import * as t from '../param-types.ts';

/** The most bytes of one `blocking-write-and-flush`. Source: wasi-io `streams.wit`. */
const MAX_BLOCKING_WRITE_BYTES = 4096;

type StreamResult<T> = Result<T, StreamError>;
type MaybeWaits<T> = StreamResult<T> | Promise<StreamResult<T>>;

/** `wasi:io/streams`. Each blocking function is its non-blocking twin after a wait. Source: wasi-io `streams.wit`. */
export const streams = defineIo('streams', {
  resources: { 'input-stream': InputStream, 'output-stream': OutputStream },
  mayWait: [
    '[method]input-stream.blocking-read',
    '[method]input-stream.blocking-skip',
    '[method]output-stream.blocking-write-and-flush',
    '[method]output-stream.blocking-flush',
    '[method]output-stream.blocking-write-zeroes-and-flush',
    '[method]output-stream.blocking-splice',
  ],
  params: {
    '[method]input-stream.read': [t.u64],
    '[method]input-stream.blocking-read': [t.u64],
    '[method]input-stream.skip': [t.u64],
    '[method]input-stream.blocking-skip': [t.u64],
    '[method]output-stream.write': [t.bytes],
    '[method]output-stream.blocking-write-and-flush': [t.bytes],
    '[method]output-stream.write-zeroes': [t.u64],
    '[method]output-stream.blocking-write-zeroes-and-flush': [t.u64],
    '[method]output-stream.splice': [t.borrow('input-stream', InputStream), t.u64],
    '[method]output-stream.blocking-splice': [t.borrow('input-stream', InputStream), t.u64],
  },
  funcs: {
    '[method]input-stream.read': (ctx: WasiCtx, self: InputStream, len: bigint) => read(ctx, self, len),
    '[method]input-stream.blocking-read': (ctx: WasiCtx, self: InputStream, len: bigint) =>
      len === 0n ? read(ctx, self, len) : afterWait(ctx, [self], () => read(ctx, self, len)),
    '[method]input-stream.skip': (ctx: WasiCtx, self: InputStream, len: bigint) => skip(ctx, self, len),
    '[method]input-stream.blocking-skip': (ctx: WasiCtx, self: InputStream, len: bigint) =>
      len === 0n ? skip(ctx, self, len) : afterWait(ctx, [self], () => skip(ctx, self, len)),
    '[method]input-stream.subscribe': (_ctx: WasiCtx, self: InputStream) => new Pollable(self, self.children),

    '[method]output-stream.check-write': (_ctx: WasiCtx, self: OutputStream): StreamResult<bigint> => {
      const budget = self.checkWrite();
      return typeof budget === 'number' ? ok(BigInt(budget)) : err(budget);
    },
    '[method]output-stream.write': (_ctx: WasiCtx, self: OutputStream, contents: Uint8Array) =>
      done(self.write(contents)),
    '[method]output-stream.blocking-write-and-flush': (ctx: WasiCtx, self: OutputStream, contents: Uint8Array) => {
      trapIf(contents.byteLength > MAX_BLOCKING_WRITE_BYTES, tooLong('blocking-write-and-flush', contents.byteLength));
      return writeAndFlush(ctx, self, contents);
    },
    '[method]output-stream.flush': (_ctx: WasiCtx, self: OutputStream) => done(self.flush()),
    '[method]output-stream.blocking-flush': (ctx: WasiCtx, self: OutputStream) => flush(ctx, self),
    '[method]output-stream.subscribe': (_ctx: WasiCtx, self: OutputStream) => new Pollable(self, self.children),
    '[method]output-stream.write-zeroes': (_ctx: WasiCtx, self: OutputStream, len: bigint) =>
      done(self.writeZeroes(len)),
    '[method]output-stream.blocking-write-zeroes-and-flush': (ctx: WasiCtx, self: OutputStream, len: bigint) => {
      trapIf(len > BigInt(MAX_BLOCKING_WRITE_BYTES), tooLong('blocking-write-zeroes-and-flush', len));
      return writeAndFlush(ctx, self, new Uint8Array(Number(len)));
    },
    '[method]output-stream.splice': (ctx: WasiCtx, self: OutputStream, src: InputStream, len: bigint) =>
      splice(ctx, self, src, len),
    '[method]output-stream.blocking-splice': (ctx: WasiCtx, self: OutputStream, src: InputStream, len: bigint) =>
      afterWait(ctx, [self], () => afterWait(ctx, [src], () => splice(ctx, self, src, len))),
  },
});

function read({ limits }: WasiCtx, self: InputStream, len: bigint): StreamResult<Uint8Array> {
  const bytes = self.read(len, limits.maxReadBytes);
  return bytes instanceof Uint8Array ? ok(bytes) : err(bytes);
}

function skip({ limits }: WasiCtx, self: InputStream, len: bigint): StreamResult<bigint> {
  const bytes = self.read(len, limits.maxReadBytes);
  return bytes instanceof Uint8Array ? ok(BigInt(bytes.byteLength)) : err(bytes);
}

/** Moves what is there and has room. Returns how many bytes. */
function splice({ limits }: WasiCtx, self: OutputStream, src: InputStream, len: bigint): StreamResult<bigint> {
  const budget = self.checkWrite();
  if (typeof budget !== 'number') return err(budget);
  const bytes = src.read(len < budget ? len : BigInt(budget), limits.maxReadBytes);
  if (!(bytes instanceof Uint8Array)) return err(bytes);
  const failure = bytes.byteLength === 0 ? undefined : self.write(toOwnBuffer(bytes));
  return failure === undefined ? ok(BigInt(bytes.byteLength)) : err(failure);
}

/** Bytes that keep no larger buffer alive, for they may wait for long. */
function toOwnBuffer(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

/** Writes piece by piece as there is room, then flushes. */
function writeAndFlush(ctx: WasiCtx, self: OutputStream, contents: Uint8Array): MaybeWaits<undefined> {
  if (contents.byteLength === 0) return flush(ctx, self);
  return afterWait(ctx, [self], () => {
    const budget = self.checkWrite();
    if (typeof budget !== 'number') return err(budget);
    const failure = budget === 0 ? undefined : self.write(contents.subarray(0, budget));
    return failure === undefined ? writeAndFlush(ctx, self, contents.subarray(budget)) : err(failure);
  });
}

/** Flushes and waits until that is done: the stream has room again, or has failed. */
function flush(ctx: WasiCtx, self: OutputStream): MaybeWaits<undefined> {
  const failure = self.flush();
  if (failure !== undefined) return err(failure);
  return afterWait(ctx, [self], () => {
    const budget = self.checkWrite();
    return typeof budget === 'number' ? OK : err(budget);
  });
}

/** `then()`, immediately if one of `sources` is ready, otherwise when one is. */
function afterWait<T>(ctx: WasiCtx, sources: readonly Readiness[], then: () => MaybeWaits<T>): MaybeWaits<T> {
  const waiting = ctx.wait(sources);
  return waiting === true ? then() : waiting.then(then);
}

function done(failure: StreamError | undefined): StreamResult<undefined> {
  return failure === undefined ? OK : err(failure);
}

function tooLong(func: string, byteLength: number | bigint): string {
  return `output-stream.${func}: ${byteLength} bytes are more than the ${MAX_BLOCKING_WRITE_BYTES} that it takes`;
}
