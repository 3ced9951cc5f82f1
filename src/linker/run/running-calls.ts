import type { CoreFunction } from '../../abi/canon.ts';
import { Trap } from '../../util/trap.ts';

/**
 * How many calls that may wait an instance makes inside of each other: of other components, and of destructors, which may drop what has
 * one. Each takes a stack of V8's, and that two of the 65,530 mappings that Linux gives a process; beyond these V8 ends the process. So many
 * leave 1,000 requests room.
 */
const MAX_STACKS = 16;

/** The calls that run in one instance, but for those by the host. Each is counted until it has returned or thrown. */
export class RunningCalls {
  #plain = 0;
  #stacks = 0;

  /** How many JavaScript makes and waits for: no guest below them can be suspended. */
  get plain(): number {
    return this.#plain;
  }

  get isNone(): boolean {
    return this.#plain === 0 && this.#stacks === 0;
  }

  /** A function in which the guest cannot be suspended. */
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

  /** Makes a call that may wait. Traps if too many of these run. */
  onItsOwnStack(call: () => unknown): unknown {
    if (this.#stacks >= MAX_STACKS)
      throw new Trap(`more than ${MAX_STACKS} calls that may wait are inside of each other`);
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
