import type { ByteSink } from '../../io/byte-sink.ts';
import { Trap } from '../../util/trap.ts';
import { Parent } from './parent.ts';
import type { Readiness } from '../../io/readiness.ts';
import { CLOSED, type StreamError } from '../../io/stream-error.ts';

/** `output-stream` of `wasi:io/streams`. Traps when dropped before its pollables; tells its own parent when it goes. */
export class OutputStream implements Readiness {
  readonly children = new Parent('output-stream');
  readonly #sink: ByteSink;
  readonly #owned: Disposable | undefined;
  #parent: Parent | undefined;
  #end: StreamError | undefined;
  /** What the last `checkWrite` permitted, if nothing was written since: what happens meanwhile does not reduce it. */
  #permitted = 0;

  /** `owned` is disposed with the stream. */
  constructor(sink: ByteSink, parent?: Parent, owned?: Disposable) {
    this.#sink = sink;
    this.#owned = owned;
    this.#parent = parent?.adopt();
  }

  /** How many bytes `write` takes now. A failure is told once, afterwards the stream is closed. */
  checkWrite(): number | StreamError {
    const budget = this.#look();
    this.#permitted = typeof budget === 'number' ? budget : 0;
    return budget;
  }

  /** Traps if `bytes` are more than `checkWrite` permits. */
  write(bytes: Uint8Array): StreamError | undefined {
    return this.#spend(bytes.byteLength) ?? this.#ended(this.#sink.write(bytes));
  }

  /** As `write`, of `len` zero bytes; the length is checked before they are made. */
  writeZeroes(len: bigint): StreamError | undefined {
    return this.#spend(len) ?? this.#ended(this.#sink.write(new Uint8Array(Number(len))));
  }

  flush(): StreamError | undefined {
    if (this.#end !== undefined) return this.#end;
    this.#permitted = 0;
    return this.#ended(this.#sink.flush());
  }

  isReady(): boolean {
    return this.#end !== undefined || this.#sink.isReady();
  }

  onReady(wake: () => void): void {
    this.#sink.onReady(wake);
  }

  offReady(wake: () => void): void {
    this.#sink.offReady(wake);
  }

  [Symbol.dispose](): void {
    this.children.assertChildless();
    this.#parent?.release();
    this.#parent = undefined;
    this.#owned?.[Symbol.dispose]();
  }

  #look(): number | StreamError {
    if (this.#end !== undefined) return this.#end;
    const budget = this.#sink.budget();
    if (typeof budget !== 'number') this.#end = CLOSED;
    return budget;
  }

  /** Uses up what is permitted, for a write of `byteLength` bytes, which must not be more. */
  #spend(byteLength: number | bigint): StreamError | undefined {
    const budget = this.#look();
    if (typeof budget !== 'number') return budget;
    const permitted = Math.max(budget, this.#permitted);
    this.#permitted = 0;
    if (byteLength > permitted || permitted === 0) throw new Trap(overBudget(byteLength, permitted));
    return undefined;
  }

  #ended(failure: StreamError | undefined): StreamError | undefined {
    if (failure !== undefined) this.#end = CLOSED;
    return failure;
  }
}

function overBudget(byteLength: number | bigint, budget: number): string {
  return `output-stream: a write of ${byteLength} bytes, but check-write permits ${budget}`;
}
