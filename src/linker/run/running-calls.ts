import type { CoreFunction } from '../../abi/canon.ts';
import { Trap } from '../../util/trap.ts';

/**
 * How deep an instance may nest calls that may wait: of other components, and of destructors, which may drop resources that have one too. Each needs a
 * stack in V8, which takes two of the 65,530 mappings that Linux allows a process; beyond these V8 ends the process. This many leave room for 1,000
 * requests.
 */
const MAX_STACKS = 16;

/** The calls running in one instance, except for those by the host. Each is counted until it has returned or thrown. */
export class RunningCalls {
  #plain = 0;
  #stacks = 0;

  /** How many calls are made by JavaScript frames that wait for them: no guest below these can be suspended. */
  get plain(): number {
    return this.#plain;
  }

  get isNone(): boolean {
    return this.#plain === 0 && this.#stacks === 0;
  }

  /** Wraps a function in which the guest cannot be suspended. */
  plainly(core: CoreFunction): CoreFunction {
    return (...args) => {
      this.#plain += 1;
      try {
        return core(...args);
      } finally {
        this.#plain -= 1;
      }
    };
  }

  /** Makes a call that may wait. Traps if too many of these are nested. */
  onItsOwnStack(call: () => unknown): unknown {
    if (this.#stacks >= MAX_STACKS) throw new Trap(`calls that may wait are nested more than ${MAX_STACKS} deep`);
    this.#stacks += 1;
    let done: unknown;
    try {
      done = call();
    } finally {
      if (!(done instanceof Promise)) this.#stacks -= 1;
    }
    return done instanceof Promise ? this.#whenDone(done) : done;
  }

  #whenDone(waiting: Promise<unknown>): Promise<unknown> {
    const succeed = (result: unknown): unknown => {
      this.#stacks -= 1;
      return result;
    };
    const fail = (error: unknown): never => {
      this.#stacks -= 1;
      throw error;
    };
    return waiting.then(succeed, fail);
  }
}
