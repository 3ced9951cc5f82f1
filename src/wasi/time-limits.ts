import type { Cancellation } from './cancellation.ts';
import type { CpuTime } from './cpu-time.ts';

/** A request whose guest runs against the clock. */
interface TimedRequest {
  readonly grants: { readonly timeoutMs?: number; readonly cpuTimeoutMs?: number };
  readonly startedMs: number;
  readonly cpu: CpuTime;
  readonly cancellation: Pick<Cancellation, 'cancel'>;
}

/** How much of its time (`-W timeout`) a request has left, in ms. */
export function leftMsOf({ grants: { timeoutMs = 0 }, startedMs }: Pick<TimedRequest, 'grants' | 'startedMs'>): number {
  return timeoutMs > 0 ? startedMs + timeoutMs - performance.now() : Infinity;
}

/** Cancels a request if its time or its guest's CPU time (`--cpu-timeout`) is over. Timers do not fire while the guest runs, so it is called when it is interrupted. */
export function enforceTimeLimits(request: TimedRequest): void {
  const { grants, cpu, cancellation } = request;
  const { cpuTimeoutMs = 0 } = grants;
  if (leftMsOf(request) <= 0) cancellation.cancel('deadline');
  if (cpuTimeoutMs > 0 && cpu.usedMs(performance.now()) >= cpuTimeoutMs) cancellation.cancel('cpu');
}
