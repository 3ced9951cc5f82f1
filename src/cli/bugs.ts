import { MAX_TIMER_MS } from '../util/timers.ts';
import type { Output } from '../observe/output.ts';
import { toError } from '../util/to-error.ts';
import { EXIT } from './exit-code.ts';

/** How much longer than it should a process may take to end after a bug. */
const OVERTIME_MS = 5000;

/** How a process that serves ends after a bug. */
export interface Draining {
  /** Has it take no more requests, finish those under way, and end. */
  drain(): void;
  /** How long that takes at most. */
  readonly stopTimeoutMs: number;
}

/**
 * What becomes of exceptions and rejections that nobody handled: each is told, with all that helps to find it, and the process ends.
 *
 * One that serves ends as after SIGTERM. It does not go on serving, for nobody knows what the bug has left behind, and the requests of others must not
 * find it; it does not end immediately, for the requests under way have done no wrong. Whoever supervises the process starts another.
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

  /** Whether there was one. */
  get isSeen(): boolean {
    return this.#at === 'seen';
  }

  /** From now on, and until what this returns is disposed, the process serves. */
  whileServing(draining: Draining): Disposable {
    this.#draining = draining;
    return { [Symbol.dispose]: () => (this.#draining = undefined) };
  }

  /** Nobody handled `error`. */
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
