import type { WasiCtx } from '../wasi-ctx.ts';
import { FileError } from './file-error.ts';
import type { FilesystemGrants, GrantedDirectories } from './grants.ts';
import { type Identity, OpenFile, toIdentity } from './open-file.ts';
import { close as closeFd, fstat, open } from './system-calls.ts';

/** Of so many files the last write is remembered: a guest may write to any number, one after the other. */
const MAX_REMEMBERED_WRITES = 1000;

/** Of so many calls one waits its turn. The others take some 20 us each. */
const MAX_ANSWERS = 64;

/** What one request has open, and what it may still open, write and create. Streams learn here that the request has written to their file. */
export class OpenFiles implements Disposable {
  readonly #ctx: WasiCtx<FilesystemGrants>;
  readonly #unfinished = new Set<Promise<void>>();
  #answers = 0;
  #count = 0;
  #createdFiles = 0;
  #writtenBytes = 0n;
  #isOver = false;
  /** The number of each file's last write; of those that are not in it, `#earlierWrites`. */
  readonly #writes = new Map<string, number>();
  #earlierWrites = 0;
  #lastWrite = 0;

  constructor(ctx: WasiCtx<FilesystemGrants>) {
    this.#ctx = ctx;
  }

  /** The directories of the component. Only guests that have one get here. */
  get granted(): GrantedDirectories {
    const { directories } = this.#ctx.grants;
    if (directories === undefined) throw new FileError('bad-descriptor');
    return directories;
  }

  /** Opens a path, which names nothing but what a descriptor leads to. The caller holds the file. Throws `FileError` `quota` beyond the limits. */
  async open(path: string, flags: number, mode?: number): Promise<OpenFile> {
    const [fd, close] = await this.#open(path, flags, mode);
    const stats = await fstat(fd).catch((error: unknown) => {
      close(fd);
      throw error;
    });
    return this.#keep(new OpenFile(fd, toIdentity(stats), close));
  }

  /** As `open`, for what is known already: a call of the system less. A stream finishes what it has taken `even if over`. */
  async openKnown(
    path: string,
    flags: number,
    ...[identity, when]: readonly [Identity, ('even if over' | 'while it runs')?]
  ): Promise<OpenFile> {
    const [fd, close] = await this.#open(path, flags);
    const file = new OpenFile(fd, identity, close);
    return when === 'even if over' ? file : this.#keep(file);
  }

  /** Whether the request has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes a place for something open; returns what gives it back. Throws `FileError` `quota` beyond the limits. */
  takePlace(): () => void {
    const { granted } = this;
    if (this.#count >= this.#ctx.limits.maxOpenFiles || !granted.tryTakePlace()) throw new FileError('quota');
    this.#count += 1;
    return () => {
      this.#count -= 1;
      granted.giveBackPlace();
    };
  }

  /** Counts a file, directory or link that is about to be created. Throws `FileError` `quota` beyond the limit. */
  takeCreated(): void {
    if (this.#createdFiles >= this.#ctx.limits.maxCreatedFiles) throw new FileError('quota');
    this.#createdFiles += 1;
  }

  /** Counts bytes that are about to be written, or by which a file is about to grow. Throws `FileError` `quota` beyond the limit. */
  takeWritten(bytes: bigint | number): void {
    const written = this.#writtenBytes + BigInt(bytes);
    if (written > BigInt(this.#ctx.limits.maxWrittenFileBytes)) throw new FileError('quota');
    this.#writtenBytes = written;
  }

  /** The request has changed the bytes of a file. */
  wrote(file: OpenFile): void {
    this.#lastWrite += 1;
    this.#writes.set(keyOf(file), this.#lastWrite);
    if (this.#writes.size <= MAX_REMEMBERED_WRITES) return;
    this.#writes.clear();
    this.#earlierWrites = this.#lastWrite;
  }

  /** A number that changes when the request writes to the file: what was read of it before is out of date. */
  lastWriteOf(file: OpenFile): number {
    return this.#writes.get(keyOf(file)) ?? this.#earlierWrites;
  }

  /** A stream was dropped before all that it has taken was written: what the guest does next waits for that. */
  leaveUnfinished(written: Promise<void>): void {
    this.#unfinished.add(written);
    void written.finally(() => this.#unfinished.delete(written));
  }

  /**
   * Whether something may be answered without waiting: not before what streams were left with is written, and not so often in a row that others wait for
   * the thread.
   */
  mayAnswerNow(): boolean {
    this.#answers = (this.#answers + 1) % MAX_ANSWERS;
    return this.#unfinished.size === 0 && this.#answers !== 0;
  }

  /** `undefined` if no stream was left like that. */
  whenFinished(): Promise<unknown> | undefined {
    return this.#unfinished.size === 0 ? undefined : Promise.all(this.#unfinished);
  }

  /** What is being opened is closed as soon as it is open. */
  [Symbol.dispose](): void {
    this.#isOver = true;
  }

  /** A descriptor, and what closes it and gives its place back. */
  async #open(path: string, flags: number, mode?: number): Promise<readonly [fd: number, close: (fd: number) => void]> {
    const giveBack = this.takePlace();
    const fd = await open(path, flags, mode).catch((error: unknown) => {
      giveBack();
      throw error;
    });
    return [fd, (opened) => this.granted.close(() => closeFd(opened), giveBack)];
  }

  #keep(file: OpenFile): OpenFile {
    if (!this.#isOver) return file;
    file.release();
    throw new FileError('interrupted');
  }
}

function keyOf({ identity: { dev, ino } }: OpenFile): string {
  return `${dev}:${ino}`;
}
