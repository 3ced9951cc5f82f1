import { PAGE_BYTES } from '../../wasm/page-bytes.ts';
import { Worker } from 'node:worker_threads';
import { warnOfBug } from '../../util/bug.ts';

/** Which 32-bit words of the memory are what. The first is the one that guests look at. */
const [WORD, STATE] = [0, 1];
/** Of the thread. */
const [GONE, THERE] = [0, 1];

/** How long the thread sleeps in vain before it ends: an idle process needs none. */
const IDLE_MS = 30_000;

/**
 * The thread that sets the word some time after it was cleared, while the main thread runs a guest and no timer would fire.
 *
 * It sleeps while the word is set, for good if nobody looks at it. Source text, because a worker's file would be needed under two names, before
 * and after `npm run build`.
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

/** Has guests look up again and again: the word is set at first, and `afterMs` after each time it was cleared. */
export class Watchdog {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  readonly #words = new Int32Array(this.memory.buffer, 0, PAGE_BYTES / 4);
  readonly #afterMs: number;

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
    this.#words[WORD] = 1;
  }

  /** A guest saw the word set. Gives how many milliseconds the thread took to start, if it had to. */
  clear(): number {
    const words = this.#words;
    Atomics.store(words, WORD, 0);
    Atomics.notify(words, WORD);
    if (Atomics.compareExchange(words, STATE, GONE, THERE) !== GONE) return 0;
    const startMs = performance.now();
    this.#startThread();
    return performance.now() - startMs;
  }

  /** In the time that this takes a guest may well have ended. It never holds the process. */
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

  /** There is no thread, though one was to set the word: so it is set, and the next look tries again. */
  #isGone(): void {
    Atomics.store(this.#words, STATE, GONE);
    Atomics.store(this.#words, WORD, 1);
  }
}
