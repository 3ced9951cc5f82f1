import { formatTimeout } from '../../util/format.ts';
import type { ServePlan } from './serve-plan.ts';
import type { Stop } from './stop.ts';

/** Requests a stop when no connection has been open for the time of `--idle-process-timeout`, after there was one. */
export class IdleStop implements Disposable {
  readonly #timeoutMs: number | undefined;
  readonly #stop: Pick<Stop, 'request'>;
  #state: 'new' | 'connected' | 'idle' = 'new';
  #timer: NodeJS.Timeout | undefined;

  constructor({ idleProcessTimeoutMs }: Pick<ServePlan, 'idleProcessTimeoutMs'>, stop: Pick<Stop, 'request'>) {
    this.#timeoutMs = idleProcessTimeoutMs;
    this.#stop = stop;
  }

  /** Takes the number of open connections whenever it has changed. */
  readonly update = (open: number): void => {
    if (this.#timeoutMs === undefined) return;
    if (open > 0) {
      this.#state = 'connected';
      clearTimeout(this.#timer);
    } else if (this.#state === 'connected') {
      this.#state = 'idle';
      const cause = `no connection for ${formatTimeout(this.#timeoutMs)}`;
      this.#timer = setTimeout(() => this.#stop.request(cause), this.#timeoutMs);
    }
  };

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
