import { url as inspectorUrl } from 'node:inspector';
import { Worker } from 'node:worker_threads';
import type { RunListener } from '../../instance/preempt/preemption.ts';
import type { Log } from '../../observe/log.ts';
import { ownFile } from '../../util/own-file.ts';
import { isPermitted } from '../../util/permissions.ts';
import type { ServePlan } from '../serve/serve-plan.ts';
import { GuestSlot } from './guest-slot.ts';
import type { StallPhase, StallTask } from './stall-thread.ts';

/** Ends this process when its event loop is blocked for too long, or when it does not finish in time. */
export interface StallWatch {
  /** To be told when a guest of the component runs; `undefined` if there is no watch. */
  readonly onRun: RunListener | undefined;
  /** The component is loaded: from now on the shorter bound applies. */
  serving(): void;
  /** The process is finishing: it must end in time. */
  finishing(): void;
}

/** Whether stall lines are coloured, and a worker's primary, which it must not outlive. */
export type StallContext = Pick<StallTask, 'colour' | 'primaryPid'>;

/** Several times what the thread needs of V8's heap. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 } as const;

const UNWATCHED: StallWatch = Object.freeze({
  onRun: undefined,
  serving: () => undefined,
  finishing: () => undefined,
});

/**
 * Starts the watching thread, if there is something to watch for and Node's permissions allow it.
 *
 * It wakes up once a second and asks the event loop to answer. All that this adds to a request is writing down which one a guest runs for.
 */
export function watchForStalls(plan: ServePlan, { colour, primaryPid }: StallContext, log: Log): StallWatch {
  const isBounded = plan.stallTimeoutMs > 0 || primaryPid !== undefined;
  if (!isBounded || !isPermitted('worker')) return UNWATCHED;
  const slot = new GuestSlot();
  const { file, logFormat, stallTimeoutMs, stopTimeoutMs } = plan;
  const task: StallTask = {
    slot: slot.bytes,
    plan: { file, logFormat, stallTimeoutMs, stopTimeoutMs },
    colour,
    primaryPid,
  };
  const thread = startThread(task);
  thread.on('message', () => slot.answer(inspectorUrl() !== undefined));
  thread.on('error', (error) => {
    log({
      at: 'notice',
      level: 'error',
      message: `the stall watch has failed; a blocked event loop goes undetected: ${error}`,
    });
  });
  thread.unref();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is a port of Node's
  const tell = (phase: StallPhase): void => thread.postMessage(phase);
  // The access log assigns every request an id anyway.
  const ids = plan.accessLog === 'off' ? 'known' : 'all';
  return {
    onRun: ({ grants: { request } }) => {
      if (request !== undefined) slot.enter(request, ids);
    },
    serving: () => tell('serving'),
    finishing: () => tell('finishing'),
  };
}

function startThread(workerData: StallTask): Worker {
  return new Worker(ownFile('stall-thread', import.meta.url), {
    name: 'stall-watch',
    workerData,
    resourceLimits: RESOURCE_LIMITS,
  });
}
