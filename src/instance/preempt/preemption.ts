import { enforceTimeLimits } from '../../wasi/time-limits.ts';
import { type Preemption, DECISION, type Decision } from '../../linker/preemption.ts';
import type { HeapWatch } from '../../util/heap-watch.ts';
import type { WasiCtx } from '../../wasi/wasi-ctx.ts';
import { CpuClock } from './cpu-clock.ts';
import { Turns } from './turns.ts';
import { Watchdog } from './watchdog.ts';

/** How long a guest runs before others get their turn; at most twice this, because the word may have been cleared just before it started. */
const SLICE_MS = 5;

/** Called each time that a guest starts to run, or resumes after waiting. Must be quick, and must not throw. */
export type RunListener = (ctx: WasiCtx) => void;

/** What else affects how guests share the thread. */
interface PreemptionOptions {
  readonly heap?: HeapWatch;
  readonly onRun?: RunListener | undefined;
  readonly turns?: Turns;
}

/** Creates the queue for the guests of one component. */
export function createTurns(): Turns {
  return new Turns(SLICE_MS);
}

/**
 * Preempts the guests of one component: each yields the thread after a time slice, and ends when its time is over or the heap is full.
 *
 * A guest interrupted where it cannot be suspended (in a start function, `realloc`, post-return, a destructor, jco's glue) continues to the end of it.
 */
export function createPreemption({ heap, onRun, turns = createTurns() }: PreemptionOptions = {}): Preemption<WasiCtx> {
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
      enforceTimeLimits(ctx);
    },
    interrupt: (ctx) => {
      ctx.cpu.giveBack(watchdog.clear());
      clock.see(ctx.cpu);
      enforceTimeLimits(ctx);
      const nowMs = performance.now();
      if (heap?.isFull(nowMs) === true) ctx.cancellation.cancel('overloaded');
      const turnMs = ctx.cpu.turnMs(nowMs);
      return turnMs < SLICE_MS || ctx.cancellation.isReady() ? decide(ctx) : DECISION.pause;
    },
    pause: async (ctx) => {
      clock.end(ctx.cpu);
      ctx.paused = turns.next(ctx.cpu.usedMs(performance.now()));
      await ctx.paused;
      ctx.paused = undefined;
      ctx.time.advance();
      clock.begin(ctx.cpu);
      onRun?.(ctx);
      return decide(ctx);
    },
  };
}

/** The trap is reported when the request is cancelled; here the guest only has to end. */
function decide({ cancellation }: WasiCtx): Decision {
  return cancellation.isReady() ? DECISION.trap : DECISION.goOn;
}
