import { write, writeSync } from 'node:fs';
import { NO_BYTES } from '../util/no-bytes.ts';

/** How much output may wait for a stalled reader; anything beyond is dropped. */
const MAX_PENDING_CHARS = 8 * 1024 * 1024;
/** After a write, more is collected for so long, or until there is so much: a write costs as much as a small request does, however short it is. */
const COLLECT_MS = 50;
const COLLECT_CHARS = 64 * 1024;
/** For the bytes of a write; those of a longer one are allocated. A character takes at most three. */
const BUFFER_BYTES = 256 * 1024;
const MAX_CHAR_BYTES = 3;
/** How long to wait before retrying a descriptor that is full. */
const RETRY_MS = 10;
/** How often a last write is retried. */
const MAX_LAST_TRIES = 100;

/** Where a log's lines go. */
export interface LogOutput {
  /** The width of the terminal that shows it; `undefined` if it is not a terminal. */
  readonly columns?: number | undefined;
  /** Takes whole lines, in order. */
  write(text: string): void;
}

/** Writes to stderr as any code of the process does. */
export const TO_STDERR: LogOutput = Object.freeze({ write: (text: string) => void process.stderr.write(text) });

/** Buffered text for a descriptor: a line is written soon, many lines are written together, and the host never waits for the reader. */
export interface Output extends LogOutput {
  /** See `LogOutput`. Never throws. */
  write(text: string): void;
  /** Resolves when everything has been written, or cannot be. */
  flush(): Promise<void>;
  /** Writes the rest synchronously: for a process that is exiting. */
  flushNow(): void;
}

/**
 * `idle`: nothing to do; `due`: a write follows in this turn; `writing`: one is under way; `collecting`: one has just been made, and what comes is
 * collected; `gone`: the reader is gone.
 */
type State = 'idle' | 'due' | 'writing' | 'collecting' | 'gone';

/**
 * Writes to a descriptor of this process, which stays open. A reader that has gone away (EPIPE) is not a failure. `stream` is Node's for it. `onGone` is called
 * once when nothing more can be written.
 */
export function createOutput(
  fd: number,
  stream?: { readonly columns?: number | undefined },
  onGone: (error: Error) => void = () => {},
): Output {
  return new FdOutput(fd, stream, onGone);
}

class FdOutput implements Output {
  readonly #fd: number;
  readonly #stream: { readonly columns?: number | undefined } | undefined;
  readonly #onGone: (error: Error) => void;
  #state: State = 'idle';
  #pending: string[] = [];
  #pendingChars = 0;
  #dropped = 0;
  #collecting: NodeJS.Timeout | undefined;
  /** The part of the current write that is not written yet. */
  #rest: Uint8Array = NO_BYTES;
  /** Made when it is first needed. Only one write is under way at a time, which reads from it. */
  #buffer: Buffer | undefined;
  readonly #whenFlushed = new Set<() => void>();

  constructor(
    fd: number,
    stream: { readonly columns?: number | undefined } | undefined,
    onGone: (error: Error) => void,
  ) {
    this.#fd = fd;
    this.#stream = stream;
    this.#onGone = onGone;
  }

  /** Changes with the terminal's size. */
  get columns(): number | undefined {
    return this.#stream?.columns;
  }

  write(text: string): void {
    if (this.#state === 'gone') return;
    if (this.#pendingChars + text.length > MAX_PENDING_CHARS) {
      this.#dropped += 1;
      return;
    }
    this.#pending.push(text);
    this.#pendingChars += text.length;
    if (this.#state === 'idle' || (this.#state === 'collecting' && this.#pendingChars >= COLLECT_CHARS))
      this.#writeSoon();
  }

  flush(): Promise<void> {
    if (this.#state === 'collecting' && this.#pendingChars > 0) this.#writeSoon();
    if (this.#state !== 'due' && this.#state !== 'writing') return Promise.resolve();
    return new Promise((resolve) => void this.#whenFlushed.add(resolve));
  }

  flushNow(): void {
    let tries = 0;
    const pending = Buffer.from(this.#takePending());
    let left = this.#state === 'writing' ? pending : Buffer.concat([this.#rest, pending]);
    while (left.byteLength > 0 && tries < MAX_LAST_TRIES && this.#state !== 'gone') {
      const written = tryWrite(this.#fd, left);
      if (written === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      tries = written > 0 ? 0 : tries + 1;
      if (written < 0) this.#state = 'gone';
      else left = left.subarray(written);
    }
  }

  #writeSoon(): void {
    clearTimeout(this.#collecting);
    this.#state = 'due';
    setImmediate(() => this.#writeNext());
  }

  /** What has come is written; what comes from now on is collected. */
  #collect(): void {
    this.#settle('collecting');
    this.#collecting = setTimeout(() => {
      if (this.#pendingChars > 0) this.#writeSoon();
      else this.#state = 'idle';
    }, COLLECT_MS).unref();
  }

  #writeNext(): void {
    if (this.#state === 'gone') return;
    if (this.#rest.byteLength === 0) this.#rest = this.#encode(this.#takePending());
    if (this.#rest.byteLength === 0) {
      this.#collect();
      return;
    }
    this.#state = 'writing';
    write(this.#fd, this.#rest, (error, written) => this.#wrote(error, written));
  }

  #wrote(error: NodeJS.ErrnoException | null, written: number): void {
    if (error === null) {
      this.#rest = this.#rest.subarray(written);
      const isDone = this.#rest.byteLength === 0 && this.#pendingChars < COLLECT_CHARS && this.#whenFlushed.size === 0;
      if (isDone) this.#collect();
      else this.#writeNext();
      return;
    }
    if (error.code === 'EAGAIN' || error.code === 'EINTR') {
      this.#state = 'due';
      setTimeout(() => this.#writeNext(), RETRY_MS);
      return;
    }
    this.#pending = [];
    this.#settle('gone');
    this.#onGone(error);
  }

  #encode(text: string): Uint8Array {
    if (text.length * MAX_CHAR_BYTES > BUFFER_BYTES) return Buffer.from(text);
    const buffer = (this.#buffer ??= Buffer.allocUnsafeSlow(BUFFER_BYTES));
    return buffer.subarray(0, buffer.write(text));
  }

  #takePending(): string {
    if (this.#dropped > 0) this.#pending.push(`{"level":"warning","event":"log-dropped","entries":${this.#dropped}}\n`);
    const text = this.#pending.join('');
    this.#pending = [];
    this.#pendingChars = 0;
    this.#dropped = 0;
    return text;
  }

  #settle(state: 'collecting' | 'gone'): void {
    this.#state = state;
    for (const resolve of this.#whenFlushed) resolve();
    this.#whenFlushed.clear();
  }
}

/** How many bytes were written; 0 if the descriptor is full, -1 if nothing more can ever be written. */
function tryWrite(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EAGAIN' || code === 'EINTR' ? 0 : -1;
  }
}
