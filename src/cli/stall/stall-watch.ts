import { url as inspectorUrl } from 'node:inspector';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { RunListener } from '../../instance/preempt/preempt.ts';
import type { Log } from '../../observe/log.ts';
import { isPermitted } from '../../util/permissions.ts';
import type { ServePlan } from '../serve/serve-plan.ts';
import { GuestSlot } from './guest-slot.ts';
import type { StallPhase, StallTask } from './stall-thread.ts';

/** Ends this process when its event loop stands still for too long, or when it does not finish in time. */
export interface StallWatch {
  /** For the component whose guests may hold the thread; `undefined` where nobody watches. */
  readonly onRun: RunListener | undefined;
  /** The component is loaded: from now on the loop may stand still for less long. */
  serving(): void;
  /** This process is to end, with its requests. */
  finishing(): void;
}

/** A worker's primary, which it is not to outlive. */
export type StallContext = Pick<StallTask, 'colour' | 'primaryPid'>;

/** Of what the thread needs of JavaScript's heap, several times. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 } as const;

const UNWATCHED: StallWatch = Object.freeze({
  onRun: undefined,
  serving: () => undefined,
  finishing: () => undefined,
});

/**
 * Starts the thread that watches, where there is something to watch for, and it may be started.
 *
 * It sleeps but for a moment each second, and asks the event loop to answer then: nothing is done for a request but to write down for which one
 * a guest runs.
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
    log({ at: 'notice', level: 'error', message: `nobody watches any more whether the event loop turns: ${error}` });
  });
  thread.unref();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is a port of Node's
  const tell = (phase: StallPhase): void => thread.postMessage(phase);
  // A line for each request has its id anyway.
  const ids = plan.accessLog === 'on' ? 'all' : 'known';
  return {
    onRun: ({ grants: { request } }) => {
      if (request !== undefined) slot.enter(request, ids);
    },
    serving: () => tell('serving'),
    finishing: () => tell('finishing'),
  };
}

/** The file has the one name in `src/` and the other after `npm run build`. */
function startThread(workerData: StallTask): Worker {
  const file = new URL(`stall-thread${extname(import.meta.url)}`, import.meta.url);
  return new Worker(file, { name: 'stall-watch', workerData, resourceLimits: RESOURCE_LIMITS });
}
