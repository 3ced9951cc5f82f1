import type { ByteSource } from '../../io/byte-source.ts';
import { Wakers } from '../../io/readiness.ts';
import { CLOSED, type StreamError } from '../../io/stream-error.ts';
import { Charge } from '../../util/held-bytes.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { toAsk } from './open-now.ts';
import { assertOffset } from './assert-offset.ts';
import type { FilesystemGrants } from './grants.ts';
import { fileFailed } from './file-failed.ts';
import type { OpenFile } from './open-file.ts';
import { OpenFiles } from './open-files.ts';
import { read } from './system-calls.ts';

/** How much is read ahead: more for each time that a stream has come so far. */
const MIN_BUFFER_BYTES = 16 * 1024;
const MAX_BUFFER_BYTES = 256 * 1024;

/** Offsets beyond are checked. */
const MAX_NOW = 2n ** 62n;

type State =
  | { readonly at: 'idle' }
  | { readonly at: 'reading' }
  | { readonly at: 'read'; readonly bytes: Uint8Array; readonly write: number; readonly isLast: boolean }
  | { readonly at: 'ended'; readonly end: StreamError; readonly write?: number }
  | { readonly at: 'broken'; readonly error: unknown };

/** The bytes of a file from an offset on, read ahead of the guest. What the request itself writes to the file meanwhile is seen. */
export class FileSource implements ByteSource, Disposable {
  readonly #ctx: WasiCtx<FilesystemGrants>;
  readonly #files: OpenFiles;
  readonly #file: OpenFile;
  readonly #charge: Charge;
  readonly #wakers = new Wakers();
  #state: State = { at: 'idle' };
  #offset: bigint;
  #bufferBytes = MIN_BUFFER_BYTES;
  #isOpen = true;

  constructor(ctx: WasiCtx<FilesystemGrants>, file: OpenFile, offset: bigint) {
    this.#ctx = ctx;
    this.#files = ctx.state(OpenFiles);
    this.#file = file.hold();
    this.#charge = new Charge(ctx.held);
    this.#offset = offset;
    ctx.keep(this);
  }

  read(maxBytes: number): Uint8Array | StreamError {
    if (!this.isReady()) return NO_BYTES;
    if (this.#state.at === 'broken') throw this.#state.error;
    if (this.#state.at === 'ended') return this.#state.end;
    if (this.#state.at !== 'read') return NO_BYTES;
    const { bytes, write, isLast } = this.#state;
    const taken = bytes.subarray(0, maxBytes);
    const rest = bytes.subarray(taken.byteLength);
    this.#offset += BigInt(taken.byteLength);
    if (rest.byteLength > 0) this.#state = { at: 'read', bytes: rest, write, isLast };
    else this.#state = isLast ? { at: 'ended', end: CLOSED, write } : { at: 'idle' };
    return taken;
  }

  /** Begins to read if nothing is there: whoever asks wants bytes. */
  isReady(): boolean {
    if (this.#isOutOfDate()) this.#state = { at: 'idle' };
    if (this.#state.at === 'idle') this.#fill();
    return this.#state.at !== 'reading';
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  /** The guest has dropped the stream, or the request is over. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#state = { at: 'ended', end: CLOSED };
    this.#ctx.forget(this);
    this.#charge[Symbol.dispose]();
    this.#file.release();
  }

  #isOutOfDate(): boolean {
    const write = this.#state.at === 'read' || this.#state.at === 'ended' ? this.#state.write : undefined;
    return write !== undefined && write !== this.#files.lastWriteOf(this.#file);
  }

  /** What is at hand, without waiting. */
  #readNow(size: number): State | undefined {
    const offset = this.#offset;
    if (offset > MAX_NOW) return undefined;
    const bytes = toAsk(this.#files, this.#file)?.read(this.#file.fd, size, offset);
    if (bytes === undefined) return undefined;
    if (bytes.byteLength === 0) return { at: 'ended', end: CLOSED };
    const isLast = bytes.byteLength < size && this.#isEnd(offset + BigInt(bytes.byteLength));
    return { at: 'read', bytes, write: this.#files.lastWriteOf(this.#file), isLast };
  }

  /** Whoever asks for more than the request may have finds out when it reads. */
  #fill(): void {
    const size = this.#nextBytes();
    try {
      this.#charge.resize(size);
    } catch (error) {
      this.#state = { at: 'broken', error };
      return;
    }
    const now = this.#readNow(size);
    this.#state = now ?? { at: 'reading' };
    if (now === undefined) void this.#read(size);
  }

  async #read(size: number): Promise<void> {
    const write = this.#files.lastWriteOf(this.#file);
    const state = await this.#readInto(new Uint8Array(size), write).catch(
      (error: unknown) => ({ at: 'broken', error }) as const,
    );
    if (!this.#isOpen) return;
    this.#state = state;
    this.#wakers.wake();
  }

  /** No more than one byte beyond what the file had when it was opened, unless it has grown. */
  #nextBytes(): number {
    const left = this.#file.identity.size - this.#offset;
    const size = left >= 0n && left < this.#bufferBytes && left > 0n ? Number(left) + 1 : this.#bufferBytes;
    this.#bufferBytes = Math.min(this.#bufferBytes * 2, MAX_BUFFER_BYTES);
    return size;
  }

  /** Whether a read that came up to here and gave less than it could has found the end. Files of `/proc` have no size, and give less before it too. */
  #isEnd(offset: bigint): boolean {
    const { size } = this.#file.identity;
    return size > 0n && offset >= size;
  }

  async #readInto(buffer: Uint8Array, write: number): Promise<State> {
    try {
      const offset = this.#offset;
      assertOffset(offset, buffer.byteLength);
      const { bytesRead } = await this.#file.use(async (fd) => {
        await this.#files.whenFinished();
        const { threads } = this.#files.granted;
        return await threads.run(() => read(fd, buffer, 0, buffer.byteLength, offset), this.#ctx.cancellation);
      });
      if (bytesRead === 0) return { at: 'ended', end: CLOSED };
      const isLast = bytesRead < buffer.byteLength && this.#isEnd(offset + BigInt(bytesRead));
      return { at: 'read', bytes: buffer.subarray(0, bytesRead), write, isLast };
    } catch (error) {
      return { at: 'ended', end: fileFailed(error) };
    }
  }
}
