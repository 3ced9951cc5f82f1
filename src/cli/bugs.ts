import { MAX_TIMER_MS } from '../util/timers.ts';
import type { Output } from '../observe/output.ts';
import { toError } from '../util/to-error.ts';
import { EXIT } from './exit-code.ts';

/** How much longer than planned a process may take to end after a bug. */
const OVERTIME_MS = 5000;

/** How a serving process ends after a bug. */
export interface Draining {
  /** Stops taking requests, finishes those under way, and ends the process. */
  drain(): void;
  /** How long that takes at most. */
  readonly stopTimeoutMs: number;
}

/**
 * Handles exceptions and rejections that nothing caught: each is reported, with everything that helps to find it, and the process ends.
 *
 * A serving process ends as it does after SIGTERM. It does not keep serving, because the bug may have left bad state behind that other requests must
 * not see; and it does not end immediately, because the requests under way are not to blame. Whatever supervises the process starts another.
 */
export class Bugs {
  readonly #stderr: Output;
  readonly #quit: (exitCode: number) => never;
  #draining: Draining | undefined;
  #at: 'none' | 'seen' = 'none';

  constructor(stderr: Output, quit: (exitCode: number) => never) {
    this.#stderr = stderr;
    this.#quit = quit;
  }

  /** Whether a bug has been reported. */
  get isSeen(): boolean {
    return this.#at === 'seen';
  }

  /** The process is serving until the returned object is disposed. */
  whileServing(draining: Draining): Disposable {
    this.#draining = draining;
    return { [Symbol.dispose]: () => (this.#draining = undefined) };
  }

  /** Reports an error that nothing handled, and ends the process. */
  report(error: unknown): void {
    this.#tell(error);
    const isFirst = this.#at === 'none';
    this.#at = 'seen';
    if (this.#draining === undefined) this.#quit(EXIT.bug);
    if (!isFirst) return;
    const { stopTimeoutMs } = this.#draining;
    setTimeout(() => this.#quit(EXIT.bug), Math.min(stopTimeoutMs + OVERTIME_MS, MAX_TIMER_MS)).unref();
    this.#draining.drain();
  }

  #tell(error: unknown): void {
    const { stack, message } = toError(error);
    this.#stderr.write(
      `${stack ?? message}\n\nThis is a bug in wasi-serve (Node ${process.version}, ${process.platform}). ` +
        'Please report it with the lines above and, if you can, the component.\n',
    );
  }
}
