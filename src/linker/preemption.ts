import { Trap } from '../util/trap.ts';

/** Interrupts guests that run for long, and measures how long they run. The linker's view of `instance/preempt/preemption.ts`. */
export interface Preemption<Ctx> {
  /** The memory whose first word the modules of all instances check. Shared, one page. */
  readonly memory: WebAssembly.Memory;
  /** A guest starts to run for `ctx`, or resumes after waiting. */
  enter(ctx: Ctx): void;
  /** The guest of `ctx` waits for something. */
  leave(ctx: Ctx): void;
  /** Decides what happens to the guest of `ctx`, which saw the word set. */
  interrupt(ctx: Ctx): Decision;
  /** Yields the thread to others. Resolves to what happens to the guest of `ctx` then. */
  pause(ctx: Ctx): Promise<Decision>;
}

/** What a guest does next, with the values that rewritten modules use. `pause` requires that no JavaScript frame is between the guest and the promising call. */
export const DECISION = Object.freeze({ goOn: 0, trap: 1, pause: 2 } as const);
export type Decision = (typeof DECISION)[keyof typeof DECISION];

/**
 * After each such number of core instances, checks whether the guest has to end: V8 takes some time for each, which cannot be interrupted, and there may
 * be hundreds. Most guests have fewer than this.
 */
export const STEPS_TOGETHER = 8;

/** Traps if a guest that is starting has to end. The reason is reported by whatever ends it. */
export function assertNotOver(guest: { interrupt(): Decision }): void {
  if (guest.interrupt() === DECISION.trap) throw new Trap('the guest was ended while it was starting');
}

/** Does not count the time until a promise settles as the guest's. */
export async function whileWaiting<Ctx>(
  preemption: Preemption<Ctx>,
  ctx: Ctx,
  waiting: Promise<unknown>,
): Promise<unknown> {
  preemption.leave(ctx);
  try {
    return await waiting;
  } finally {
    preemption.enter(ctx);
  }
}
