import { type Preemption, VERDICT, type Verdict } from '../../linker/preemption.ts';
import type { HeapWatch } from '../../util/heap-watch.ts';
import type { WasiCtx } from '../../wasi/context.ts';
import { CpuClock } from './cpu-clock.ts';
import { Turns } from './turns.ts';
import { Watchdog } from './watchdog.ts';

/** How long a guest runs before others have their turn; twice as long at most, since the word may have been cleared just before. */
const SLICE_MS = 5;

/** How long a guest's turn is that was not suspended because it could not be. */
const HELD_MS = 4 * SLICE_MS;

/** Told each time that a guest begins to run or goes on after it waited. Has to be quick, and does not throw. */
export type RunListener = (ctx: WasiCtx) => void;

/** What else of the component has to do with how its guests share the thread. */
interface Beside {
  readonly heap?: HeapWatch;
  readonly onRun?: RunListener | undefined;
  readonly turns?: Turns;
}

/** For the guests of one component. */
export function createTurns(): Turns {
  return new Turns(SLICE_MS);
}

/**
 * Preempts the guests of one component: each gives the thread back after a slice, and ends when its time is over or the heap is full.
 *
 * A guest that is asked where it cannot be suspended (in a start function, `realloc`, post-return, a destructor, jco's glue) goes on to that end.
 */
export function createPreemption({ heap, onRun, turns = createTurns() }: Beside = {}): Preemption<WasiCtx> {
  const watchdog = new Watchdog(SLICE_MS);
  const clock = new CpuClock();
  return {
    memory: watchdog.memory,
    enter: (ctx) => {
      turns.otherRan();
      clock.begin(ctx.cpu);
      onRun?.(ctx);
    },
    leave: (ctx) => {
      clock.end(ctx.cpu);
      ctx.cancelIfOverdue();
    },
    interrupt: (ctx) => {
      ctx.cpu.giveBack(watchdog.clear());
      clock.see(ctx.cpu);
      ctx.cancelIfOverdue();
      const nowMs = performance.now();
      if (heap?.isFull(nowMs) === true) ctx.cancellation.cancel('overloaded');
      const turnMs = ctx.cpu.turnMs(nowMs);
      if (turnMs >= HELD_MS) turns.held();
      return turnMs < SLICE_MS || ctx.cancellation.isReady() ? verdictOn(ctx) : VERDICT.pause;
    },
    pause: async (ctx) => {
      clock.end(ctx.cpu);
      ctx.paused = turns.next(ctx.cpu.usedMs(performance.now()));
      await ctx.paused;
      ctx.paused = undefined;
      ctx.time.advance();
      clock.begin(ctx.cpu);
      onRun?.(ctx);
      return verdictOn(ctx);
    },
  };
}

/** The trap is told to whom it concerns when the request is cancelled; the guest only has to end. */
function verdictOn({ cancellation }: WasiCtx): Verdict {
  return cancellation.isReady() ? VERDICT.trap : VERDICT.goOn;
}
