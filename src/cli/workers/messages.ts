import type { StartRecord } from '../../observe/log.ts';
import type { MetricRecords } from '../../observe/metrics.ts';
import type { CpuProfile } from '../../observe/profile/profile-tree.ts';
import type { HostErrorCode } from '../../util/host-error.ts';
import type { ServePlan } from '../serve/serve-plan.ts';

/** What the primary tells a worker. */
export type ToWorker =
  | Begin
  | { readonly at: 'turn' }
  | { readonly at: 'metrics' }
  | { readonly at: 'profile'; readonly number: number; readonly ms: number }
  | { readonly at: 'end-profile' }
  | { readonly at: 'stop'; readonly when: StopTime }
  | { readonly at: 'others-settled' };

/**
 * When a worker stops. One of them goes on serving until `others-settled`: clients that the others tell to close their connections connect anew, and
 * would be reset when the last descriptor of the port closes.
 */
export type StopTime = 'now' | 'after-others';

/** The first message to a worker: everything it needs to know. Workers do not parse the command line again. */
export interface Begin {
  readonly at: 'begin';
  readonly plan: ServePlan;
  /** The component's bytes, as the primary read them when it started: all workers serve the same component even if the file has changed since. */
  readonly bytes: Uint8Array;
  /** The primary's process id; the worker must not outlive it. */
  readonly primaryPid: number;
  /** Whether the worker's output goes to a terminal with colours. */
  readonly colour: 'on' | 'off';
  /** Whether the worker reports that the component takes long to prepare: one worker does so for all. */
  readonly preparing: 'told' | 'silent';
}

/**
 * What a worker tells the primary, in this order. `failed` comes instead of `listening` if the operator must act. `settled`: no further request can reach
 * it. `metrics`, `turns` (its event loop is running) and `profile` come whenever the primary asks for them; `connections`, if the process is to stop when it is
 * idle, when the first one opens and the last one closes.
 */
export type FromWorker =
  | WorkerListening
  | { readonly at: 'failed'; readonly code: HostErrorCode; readonly message: string }
  | { readonly at: 'turns' }
  | { readonly at: 'connections'; readonly open: number }
  | { readonly at: 'metrics'; readonly records: MetricRecords }
  | WorkerProfileMade
  | { readonly at: 'closing'; readonly waiting: number }
  | { readonly at: 'settled' }
  | { readonly at: 'closed'; readonly cancelled: number };

/** The answer to the request for a profile of that number. */
export interface WorkerProfileMade {
  readonly at: 'profile';
  readonly number: number;
  readonly profile: CpuProfile | 'busy' | undefined;
}

/** The worker listens. */
export interface WorkerListening {
  readonly at: 'listening';
  readonly start: StartRecord;
}
