import type { HeldBytes } from '../../util/held-bytes.ts';
import type { ByteSink } from '../../io/byte-sink.ts';
import { DEFAULT_LIMITS } from '../../util/limits.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';
import { READY } from '../../io/readiness.ts';
import { CLOSED, type StreamError } from '../../io/stream-error.ts';

/** A line longer than this is broken, so that it need not be held. */
export const MAX_LINE_BYTES = 64 * 1024;
/** So many newlines take the host under 10 ms, the longest that a guest may keep its neighbours waiting. */
const MAX_WRITE_BYTES = 16 * 1024;
/** The longest run of bytes inside a UTF-8 sequence after its first. */
const MAX_CONTINUATION_BYTES = 3;
const NEWLINE = 0x0a;
/** Where a held line starts; it grows by doubling. */
const MIN_HELD_BYTES = 256;

/** How many bytes of output one request has left: one for its stdout and its stderr. */
export class OutputQuota {
  readonly maxBytes: number;
  #leftBytes: number;

  constructor(maxBytes = DEFAULT_LIMITS.maxOutputBytes) {
    this.maxBytes = maxBytes;
    this.#leftBytes = maxBytes;
  }

  /** The part of `bytes` that the quota permits, which is then used up. */
  take(bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, this.#leftBytes);
    this.#leftBytes -= taken.byteLength;
    return taken;
  }

  /** Whether all of `bytes` may still be passed on. The first time that they may not, `tell` is told. */
  takeWhole(bytes: Uint8Array, tell?: (what: string) => void): boolean {
    if (this.take(bytes).byteLength === bytes.byteLength) return true;
    if (this.isFirstDrop()) tell?.(describeDrop(this.maxBytes));
    return false;
  }

  /** True the first time only: the first to drop output says so. */
  readonly isFirstDrop: () => boolean = once();
}

function describeDrop(maxBytes: number): string {
  return `dropped: output beyond ${maxBytes} bytes of one request (--limit output-bytes)`;
}

/** What a `LineSink` needs: the start of each of its lines, what it may use, and what takes the lines. */
export interface LineSinkOptions {
  /** `undefined` for none. Read for each line. */
  readonly prefix: string | undefined;
  readonly quota: OutputQuota;
  /** Takes one or more whole lines, each with its newline, in one call for one write of the guest. */
  readonly writeLines: (lines: string) => void;
  /** Tells the operator of output that is dropped. */
  readonly tell?: (what: string) => void;
  /** Whose the held line is; it takes for it, and so may trap. */
  readonly held?: HeldBytes;
}

/** What starts each line that request `id` writes, as `wasmtime serve` has it: `stdout [0] :: `. */
export function linePrefix(stream: 'stdout' | 'stderr', id: number): string {
  return `${stream} [${id}] :: `;
}

/**
 * A guest's stdout or stderr, as lines of text that are safe for a log and a terminal.
 *
 * A line is held until its newline, or until the request ends and disposes this. Control characters other than tab are
 * spelled (`\x1b`), what is not UTF-8 becomes U+FFFD. Output beyond the quota is dropped, with one line that says so.
 */
export class LineSink implements ByteSink, Disposable {
  readonly isReady = READY.isReady;
  readonly onReady = READY.onReady;
  readonly offReady = READY.offReady;
  readonly #options: LineSinkOptions;
  readonly #held: HeldLine;
  #lines = '';
  #isOpen = true;

  constructor(options: LineSinkOptions) {
    this.#options = options;
    this.#held = new HeldLine(options.held);
  }

  budget(): number | StreamError {
    return this.#isOpen ? MAX_WRITE_BYTES : CLOSED;
  }

  write(bytes: Uint8Array): undefined {
    const { quota } = this.#options;
    const taken = quota.take(bytes);
    this.#split(taken);
    if (taken.byteLength < bytes.byteLength && quota.isFirstDrop()) this.#endWithNotice(quota.maxBytes);
    this.#pass();
  }

  /** Whole lines have gone already; the rest waits for its newline. */
  flush(): undefined {}

  [Symbol.dispose](): void {
    this.#isOpen = false;
    this.#endHeld();
    this.#pass();
  }

  #split(bytes: Uint8Array): void {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      this.#hold(bytes.subarray(start, end));
      this.#addLine(this.#held.take());
      start = end + 1;
    }
    this.#hold(bytes.subarray(start));
  }

  #hold(bytes: Uint8Array): void {
    this.#held.append(bytes);
    while (this.#held.byteLength > MAX_LINE_BYTES) this.#addLine(this.#held.takeFirst(MAX_LINE_BYTES));
  }

  #endHeld(): void {
    if (this.#held.byteLength > 0) this.#addLine(this.#held.take());
  }

  #endWithNotice(maxBytes: number): void {
    this.#options.tell?.(describeDrop(maxBytes));
    this.#endHeld();
    this.#lines += `${this.#options.prefix ?? ''}[output beyond ${maxBytes} bytes of one request is dropped]\n`;
  }

  #addLine(text: string): void {
    this.#lines += `${this.#options.prefix ?? ''}${text}\n`;
  }

  #pass(): void {
    if (this.#lines === '') return;
    const lines = this.#lines;
    this.#lines = '';
    this.#options.writeLines(lines);
  }
}

/** The bytes of a line whose newline has not come. */
class HeldLine {
  /** Made when it is needed: most guests print nothing. */
  #decoder: TextDecoder | undefined;
  #bytes = NO_BYTES;
  #byteLength = 0;
  readonly #account: HeldBytes | undefined;

  constructor(account: HeldBytes | undefined) {
    this.#account = account;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  append(bytes: Uint8Array): void {
    const byteLength = this.#byteLength + bytes.byteLength;
    if (byteLength > this.#bytes.byteLength) this.#grow(byteLength);
    this.#bytes.set(bytes, this.#byteLength);
    this.#byteLength = byteLength;
  }

  /** The text of all of it, which is then gone. */
  take(): string {
    return this.#takeTo(this.#byteLength);
  }

  /** The text of the first `maxBytes`, or of up to 3 fewer so that no character is cut. */
  takeFirst(maxBytes: number): string {
    let end = maxBytes;
    while (isContinuation(this.#bytes[end]) && end > maxBytes - MAX_CONTINUATION_BYTES) end -= 1;
    return this.#takeTo(isContinuation(this.#bytes[end]) ? maxBytes : end);
  }

  #takeTo(end: number): string {
    this.#decoder ??= new TextDecoder('utf-8', { ignoreBOM: true });
    const text = neutralise(this.#decoder.decode(this.#bytes.subarray(0, end)));
    this.#bytes.copyWithin(0, end, this.#byteLength);
    this.#byteLength -= end;
    return text;
  }

  #grow(minBytes: number): void {
    const grownBytes = Math.max(minBytes, this.#bytes.byteLength * 2, MIN_HELD_BYTES);
    this.#account?.take(grownBytes - this.#bytes.byteLength);
    const grown = new Uint8Array(grownBytes);
    grown.set(this.#bytes.subarray(0, this.#byteLength));
    this.#bytes = grown;
  }
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Spells control characters, among them those that start a terminal's escape sequences, as `\x1b`. */
function neutralise(text: string): string {
  return text.replaceAll(/[^\P{Cc}\t]/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function once(): () => boolean {
  let isFirst = true;
  return () => {
    const was = isFirst;
    isFirst = false;
    return was;
  };
}
