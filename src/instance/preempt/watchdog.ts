import { PAGE_BYTES } from '../../wasm/page-bytes.ts';
import { Worker } from 'node:worker_threads';
import { warnOfBug } from '../../util/bug.ts';

/** The index of each 32-bit word in the memory. Guests check the first. */
const [WORD, STATE] = [0, 1];
/** Of the thread. */
const [GONE, THERE] = [0, 1];

/** How long the thread sleeps without being needed before it ends: an idle process needs none. */
const IDLE_MS = 30_000;

/**
 * The thread that sets the word some time after it was cleared: no timer would fire while the main thread runs a guest.
 *
 * It sleeps while the word is set. It is source text because the file of a worker would have two names, before and after `npm run build`.
 */
const THREAD = `
const { workerData: { words, afterMs, idleMs } } = require('node:worker_threads');
const nobody = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  if (Atomics.wait(words, ${WORD}, 1, idleMs) === 'timed-out') {
    Atomics.store(words, ${STATE}, ${GONE});
    if (Atomics.load(words, ${WORD}) === 1) break;
    if (Atomics.compareExchange(words, ${STATE}, ${GONE}, ${THERE}) !== ${GONE}) break;
  }
  Atomics.wait(nobody, 0, 0, afterMs);
  Atomics.store(words, ${WORD}, 1);
}
`;

/** Interrupts guests regularly: the word is set at first, and again `afterMs` after each time it was cleared. */
export class Watchdog {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  readonly #words = new Int32Array(this.memory.buffer, 0, PAGE_BYTES / 4);
  readonly #afterMs: number;

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
    this.#words[WORD] = 1;
  }

  /** A guest saw the word set: clears it. Returns how many milliseconds it took to start the thread, if that was necessary. */
  clear(): number {
    const words = this.#words;
    Atomics.store(words, WORD, 0);
    Atomics.notify(words, WORD);
    if (Atomics.compareExchange(words, STATE, GONE, THERE) !== GONE) return 0;
    const startMs = performance.now();
    this.#startThread();
    return performance.now() - startMs;
  }

  /** A guest may well have ended by the time the thread has started. The thread does not keep the process alive. */
  #startThread(): void {
    const workerData = { words: this.#words, afterMs: this.#afterMs, idleMs: IDLE_MS };
    try {
      const thread = new Worker(THREAD, { eval: true, workerData });
      thread.on('error', () => this.#isGone());
      thread.unref();
    } catch (error) {
      this.#isGone();
      warnOfBug(error);
    }
  }

  /** The thread that was to set the word is gone: sets it, and the next check tries again. */
  #isGone(): void {
    Atomics.store(this.#words, STATE, GONE);
    Atomics.store(this.#words, WORD, 1);
  }
}
