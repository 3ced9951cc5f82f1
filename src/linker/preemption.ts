import { Trap } from '../util/trap.ts';

/** Interrupts guests that run for long, and knows how long they do. What the linker needs of it; `instance/preempt/preemption.ts` has it. */
export interface Preemption<Ctx> {
  /** The memory whose first word every instance's module looks at. Shared, of one page. */
  readonly memory: WebAssembly.Memory;
  /** A guest begins to run for `ctx`, or goes on after it waited. */
  enter(ctx: Ctx): void;
  /** The guest of `ctx` waits for something. */
  leave(ctx: Ctx): void;
  /** What is to become of the guest of `ctx`, which saw the word set. */
  interrupt(ctx: Ctx): Decision;
  /** Lets others have the thread. Resolves with what becomes of the guest of `ctx` then. */
  pause(ctx: Ctx): Promise<Decision>;
}

/** What a guest does next: as rewritten modules know it. `pause` needs that no JavaScript stands between the guest and the promising call. */
export const DECISION = Object.freeze({ goOn: 0, trap: 1, pause: 2 } as const);
export type Decision = (typeof DECISION)[keyof typeof DECISION];

/**
 * After so many core instances it is looked whether their guest has to end: V8 takes its time for each, in which nothing interrupts it, and
 * there may be hundreds. Most guests have fewer.
 */
export const STEPS_TOGETHER = 8;

/** Traps if a guest that starts has to end. Who ends it says why. */
export function assertNotOver(guest: { interrupt(): Decision }): void {
  if (guest.interrupt() === DECISION.trap) throw new Trap('the guest was ended while it started');
}

/** Has the time between a promise and its end not counted as the guest's. */
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
