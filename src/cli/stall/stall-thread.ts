// A thread that ends the process when the main thread's event loop is blocked, whatever blocks it: wasm, V8's compiler, garbage collection.
import { parentPort, workerData } from 'node:worker_threads';
import type { StallRecord } from '../../observe/log.ts';
import type { Begin } from '../workers/messages.ts';
import type { ServePlan } from '../serve/serve-plan.ts';
import { endProcess } from './end-process.ts';
import { GuestSlot } from './guest-slot.ts';
import { OVERTIME_MS, boundIn, intervalFor } from './stall-bounds.ts';
import { StallClock } from './stall-clock.ts';

/** What the thread is given when it starts. */
export interface StallTask {
  readonly slot: SharedArrayBuffer;
  readonly plan: Pick<ServePlan, 'file' | 'logFormat' | 'stallTimeoutMs' | 'stopTimeoutMs'>;
  readonly colour: Begin['colour'];
  /** The process that this one must not outlive, if there is one. */
  readonly primaryPid: number | undefined;
}

/** Messages to the thread: the process is serving now; the process is finishing. */
export type StallPhase = 'serving' | 'finishing';

const { slot: bytes, plan, colour, primaryPid } = workerData as StallTask;
const slot = new GuestSlot(bytes);
const intervalMs = intervalFor(plan);
const clock = new StallClock(intervalMs);
let phase: 'starting' | 'serving' = 'starting';
let checkedMs = performance.now();

parentPort?.on('message', (next: StallPhase) => {
  if (next === 'finishing') finish();
  else serve();
});
const checking = setInterval(check, intervalMs);

function check(): void {
  const nowMs = performance.now();
  // A worker that is not stalled notices this itself, and lets its requests finish.
  if (primaryPid !== undefined && process.ppid !== primaryPid) finish();
  const finding = clock.tick(nowMs - checkedMs, slot.answers, slot.isDebugged ? 0 : boundIn(phase, plan));
  checkedMs = nowMs;
  if (finding === 'wait') return;
  if (finding === 'ask') {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is a port of Node's
    parentPort?.postMessage('turn');
    return;
  }
  clearInterval(checking);
  const isStalled = finding === 'stalled';
  void end({
    phase: isStalled ? phase : 'finishing',
    component: plan.file,
    stalledMs: isStalled ? clock.unansweredMs : clock.finishingMs,
    request: slot.readRequest(),
  });
}

/** Time spent on the start does not count against serving. */
function serve(): void {
  phase = 'serving';
  clock.restart();
}

function finish(): void {
  clock.finishWithin(plan.stopTimeoutMs + OVERTIME_MS);
}

/** Loads the log's formatter only now. */
async function end(stall: StallRecord): Promise<void> {
  await endProcess(async () => {
    const { formatStallLine } = await import('./stall-line.ts');
    return formatStallLine({ at: 'stalled', stall }, plan.logFormat, colour);
  });
}
