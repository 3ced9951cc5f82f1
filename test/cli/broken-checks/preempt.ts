import * as real from '../../../src/instance/preempt/preemption.ts';
import { DECISION } from '../../../src/linker/preemption.ts';

export * from '../../../src/instance/preempt/preemption.ts';

/** Like the real one, but the word that guests check is never set, and a guest that asks all the same continues. */
export function createPreemption(
  ...args: Parameters<typeof real.createPreemption>
): ReturnType<typeof real.createPreemption> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  return { ...real.createPreemption(...args), memory, interrupt: () => DECISION.goOn };
}
