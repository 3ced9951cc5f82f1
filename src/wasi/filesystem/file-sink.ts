import { constants } from 'node:fs';
import type { ByteSink } from '../../io/byte-sink.ts';
import { Wakers } from '../../io/readiness.ts';
import { CLOSED, type StreamError } from '../../io/stream-error.ts';
import { Charge } from '../../util/held-bytes.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { FileError } from './file-error.ts';
import { fileFailed } from './file-failed.ts';
import type { FilesystemGrants } from './grants.ts';
import type { OpenFile } from './open-file.ts';
import { OpenFiles } from './open-files.ts';
import { O_CALM } from './system-calls.ts';
import { type WriteStart, writeWhole } from './write-whole.ts';

/**
 * The bytes that a stream writes to a file. What it has taken is written even if the guest drops the stream or ends: then the next thing that the guest does
 * with files waits for that.
 */
export class FileSink implements ByteSink, Disposable {
  readonly #ctx: WasiCtx<FilesystemGrants>;
  readonly #files: OpenFiles;
  readonly #file: OpenFile;
  readonly #charge: Charge;
  readonly #wakers = new Wakers();
  readonly #queue: Uint8Array[] = [];
  #offset: WriteStart;
  #writing: Promise<void> | undefined;
  #isFlushing = false;
  #failure: StreamError | undefined;
  /** What should not have been thrown: the guest ends by it. */
  #broken: { readonly error: unknown } | undefined;
  #isOpen = true;

  constructor(ctx: WasiCtx<FilesystemGrants>, file: OpenFile, start: WriteStart) {
    this.#ctx = ctx;
    this.#files = ctx.state(OpenFiles);
    this.#file = file.hold();
    this.#charge = new Charge(ctx.held);
    this.#offset = start;
    ctx.keep(this);
  }

  budget(): number | StreamError {
    const { maxBufferedWrites, maxWriteBytes } = this.#ctx.limits;
    if (this.#broken !== undefined) throw this.#broken.error;
    if (this.#failure !== undefined) return this.#failure;
    return this.#isFlushing || this.#queue.length >= maxBufferedWrites ? 0 : maxWriteBytes;
  }

  write(bytes: Uint8Array): StreamError | undefined {
    if (bytes.byteLength === 0) return undefined;
    this.#charge.resize(this.#charge.bytes + bytes.byteLength);
    try {
      this.#files.takeWritten(bytes.byteLength);
      if (!this.#files.granted.tryTakeBytes(bytes.byteLength)) throw new FileError('insufficient-memory');
    } catch (error) {
      this.#failure = CLOSED;
      this.#charge.resize(Math.max(0, this.#charge.bytes - bytes.byteLength));
      return fileFailed(error);
    }
    this.#queue.push(bytes);
    this.#writing ??= this.#writeAll();
    return undefined;
  }

  /** Done when all is with the system, not with the disk: that is `sync`. */
  flush(): StreamError | undefined {
    if (this.#failure !== undefined) return this.#failure;
    this.#isFlushing = this.#writing !== undefined;
    return undefined;
  }

  isReady(): boolean {
    return this.budget() !== 0;
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#ctx.forget(this);
    if (this.#writing !== undefined) this.#files.leaveUnfinished(this.#writing);
    this.#file.release();
  }

  async #writeAll(): Promise<void> {
    const { granted } = this.#files;
    granted.writeBegan();
    try {
      await this.#file.use((fd) =>
        granted.threads.run(() => (this.#offset === 'end' ? this.#append() : this.#writeQueue(fd))),
      );
    } catch (error) {
      this.#fail(error);
      granted.wrote(byteLengthOf(this.#queue.splice(0)));
      this.#charge.resize(0);
    }
    this.#writing = undefined;
    this.#isFlushing = false;
    granted.writeEnded();
    this.#wakers.wake();
  }

  #fail(thrown: unknown): void {
    try {
      this.#failure = fileFailed(thrown);
    } catch (error) {
      this.#broken = { error };
    }
  }

  /** Only a descriptor that was opened for it appends whatever others write. */
  async #append(): Promise<void> {
    const flags = constants.O_WRONLY | constants.O_APPEND | O_CALM;
    const end = await this.#files.openKnown(this.#file.path, flags, this.#file.identity, 'even if over');
    try {
      await this.#writeQueue(end.fd);
    } finally {
      end.release();
    }
  }

  async #writeQueue(fd: number): Promise<void> {
    for (let bytes = this.#queue[0]; bytes !== undefined; bytes = this.#queue[0]) {
      if (this.#failure !== undefined) throw new FileError('io');
      await writeWhole(fd, bytes, this.#offset);
      if (this.#offset !== 'end') this.#offset += BigInt(bytes.byteLength);
      this.#files.wrote(this.#file);
      this.#queue.shift();
      this.#files.granted.wrote(bytes.byteLength);
      this.#charge.resize(Math.max(0, this.#charge.bytes - bytes.byteLength));
      if (!this.#isFlushing) this.#wakers.wake();
    }
  }
}

function byteLengthOf(list: readonly Uint8Array[]): number {
  return list.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
