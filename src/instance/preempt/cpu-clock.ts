import type { CpuTime } from '../../wasi/cpu-time.ts';

/**
 * Counts the CPU time of guests that take turns on the thread, each told of when it may go on and seen while it runs.
 *
 * A guest may go on some time after it was told, and others run in between: what passed before another was seen last was not its own.
 */
export class CpuClock {
  #last: CpuTime | undefined;
  #lastMs = 0;

  /** A guest begins to run, or will soon. */
  begin(cpu: CpuTime): void {
    this.#note(cpu);
    cpu.begin(this.#lastMs);
  }

  /** A guest is found to run. */
  see(cpu: CpuTime): void {
    if (this.#last !== undefined && this.#last !== cpu) cpu.beginAnew(this.#lastMs);
    this.#note(cpu);
  }

  /** A guest ceases to run. */
  end(cpu: CpuTime): void {
    this.see(cpu);
    cpu.end(this.#lastMs);
  }

  #note(cpu: CpuTime): void {
    this.#last = cpu;
    this.#lastMs = performance.now();
  }
}
