import type { StartRecord } from '../../observe/log.ts';
import type { MetricRecords } from '../../observe/metrics.ts';
import type { HostErrorCode } from '../../util/host-error.ts';
import type { ServePlan } from '../serve/serve-plan.ts';

/** What the primary tells a worker. */
export type ToWorker = Begin | { readonly at: 'turn' } | { readonly at: 'metrics' } | { readonly at: 'stop' };

/** The first message to a worker: all that it is to do. Nothing is read from the command line again. */
export interface Begin {
  readonly at: 'begin';
  readonly plan: ServePlan;
  /** Of the component, as the primary read them when it started: whatever has become of the file, all workers serve the same. */
  readonly bytes: Uint8Array;
  /** Of the primary, which the worker is not to outlive. */
  readonly primaryPid: number;
  /** Whether the worker's words go to a terminal with colours. */
  readonly colour: 'on' | 'off';
  /** Whether it says that the component takes long to prepare: one says it for all. */
  readonly preparing: 'told' | 'silent';
}

/**
 * What a worker tells the primary, in this order. `failed` in place of `listening`: the operator must act. `metrics` and `turns`, that its event
 * loop turns, whenever it is asked for them.
 */
export type FromWorker =
  | Up
  | { readonly at: 'failed'; readonly code: HostErrorCode; readonly message: string }
  | { readonly at: 'turns' }
  | { readonly at: 'metrics'; readonly records: MetricRecords }
  | { readonly at: 'closing'; readonly waiting: number }
  | { readonly at: 'closed'; readonly cancelled: number };

/** The worker listens. */
export interface Up {
  readonly at: 'listening';
  readonly start: StartRecord;
}
