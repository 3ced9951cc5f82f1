import type { CpuTime } from '../../wasi/cpu-time.ts';

/**
 * Measures the CPU time of guests that take turns on the thread, from when they may resume and when they are seen running.
 *
 * A guest may resume some time after it was allowed to, with others running in between: time before another was last seen is not its own.
 */
export class CpuClock {
  #last: CpuTime | undefined;
  #lastMs = 0;

  /** A guest starts to run, or will soon. */
  begin(cpu: CpuTime): void {
    this.#note(cpu);
    cpu.begin(this.#lastMs);
  }

  /** A guest is seen running. */
  see(cpu: CpuTime): void {
    if (this.#last !== undefined && this.#last !== cpu) cpu.beginAnew(this.#lastMs);
    this.#note(cpu);
  }

  /** A guest stops running. */
  end(cpu: CpuTime): void {
    this.see(cpu);
    cpu.end(this.#lastMs);
  }

  #note(cpu: CpuTime): void {
    this.#last = cpu;
    this.#lastMs = performance.now();
  }
}
