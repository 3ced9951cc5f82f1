// A thread that ends the process when the main thread no longer turns, whatever holds that: wasm, V8's compiler, garbage collection.
import { parentPort, workerData } from 'node:worker_threads';
import type { StallRecord } from '../../observe/log.ts';
import type { Begin } from '../workers/messages.ts';
import type { ServePlan } from '../serve/serve-plan.ts';
import { endProcess } from './end-process.ts';
import { GuestSlot } from './guest-slot.ts';
import { OVERTIME_MS, boundIn, intervalFor } from './stall-bounds.ts';
import { StallClock } from './stall-clock.ts';

/** What the thread is told when it starts. */
export interface StallTask {
  readonly slot: SharedArrayBuffer;
  readonly plan: Pick<ServePlan, 'file' | 'logFormat' | 'stallTimeoutMs' | 'stopTimeoutMs'>;
  readonly colour: Begin['colour'];
  /** The process that this one is not to outlive, if there is one. */
  readonly primaryPid: number | undefined;
}

/** What it is told later: the process serves from now on; it is to finish. */
export type StallPhase = 'serving' | 'finishing';

const { slot: bytes, plan, colour, primaryPid } = workerData as StallTask;
const slot = new GuestSlot(bytes);
const intervalMs = intervalFor(plan);
const clock = new StallClock(intervalMs);
let phase: 'starting' | 'serving' = 'starting';
let lookedMs = performance.now();

parentPort?.on('message', (said: StallPhase) => {
  if (said === 'finishing') finish();
  else serve();
});
const looking = setInterval(look, intervalMs);

function look(): void {
  const nowMs = performance.now();
  // A worker that turns sees that itself, and lets its requests finish.
  if (primaryPid !== undefined && process.ppid !== primaryPid) finish();
  const finding = clock.tick(nowMs - lookedMs, slot.answers, slot.isDebugged ? 0 : boundIn(phase, plan));
  lookedMs = nowMs;
  if (finding === 'wait') return;
  if (finding === 'ask') {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is a port of Node's
    parentPort?.postMessage('turn');
    return;
  }
  clearInterval(looking);
  const isStalled = finding === 'stalled';
  void end({
    phase: isStalled ? phase : 'finishing',
    component: plan.file,
    stalledMs: isStalled ? clock.unansweredMs : clock.finishingMs,
    request: slot.readRequest(),
  });
}

/** What it took to come so far is not held against what follows. */
function serve(): void {
  phase = 'serving';
  clock.restart();
}

function finish(): void {
  clock.finishWithin(plan.stopTimeoutMs + OVERTIME_MS);
}

/** Loads what writes the log only now. */
async function end(stall: StallRecord): Promise<void> {
  await endProcess(async () => {
    const { formatLine } = await import('./stall-line.ts');
    return formatLine({ at: 'stalled', stall }, plan.logFormat, colour);
  });
}
