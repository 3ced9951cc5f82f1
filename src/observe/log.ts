import { warnOfBug } from '../util/bug.ts';

/** What a host logs. */
export type LogEvent =
  | { readonly at: 'start'; readonly start: StartRecord }
  | { readonly at: 'request'; readonly request: RequestRecord }
  | {
      readonly at: 'request-failed';
      readonly id: string;
      readonly component: string;
      /** Whose fault it is. */
      readonly blame: 'client' | 'guest' | 'host';
      readonly message: string;
      readonly trace: string | undefined;
      /** The limit that ended the request, by its name on the command line: `handles`, `timeout`. */
      readonly limit?: string | undefined;
    }
  | { readonly at: 'stalled'; readonly stall: StallRecord }
  | { readonly at: 'notice'; readonly level: NoticeLevel; readonly message: string };

export type NoticeLevel = 'info' | 'warning' | 'error';

/** A host has started to serve a component. */
export interface StartRecord {
  /** `http://127.0.0.1:8080`, at least one. */
  readonly origins: readonly string[];
  readonly component: string;
  /** The size of the component's file. */
  readonly byteLength: number;
  /** The exported world: `wasi:http/proxy@0.2.3`. */
  readonly world: string;
  /** The imported interfaces with their versions, as the component names them. */
  readonly imports: readonly string[];
  readonly engine: ChoiceMade;
  readonly isolation: ChoiceMade;
  /** Whether guests that compute for a long time are interrupted. */
  readonly preemption: ChoiceMade;
  readonly limits: StartLimits;
  /** The worker processes, each with limits of its own; absent if this process serves. */
  readonly workerPids?: readonly number[];
  /** Where to read health and metrics: `http://127.0.0.1:9100`. */
  readonly adminOrigin?: string;
}

/** Why a process is ended that can no longer report it itself: its event loop is blocked, or it does not finish. */
export interface StallRecord {
  /** `starting`: it has not served a request yet; `finishing`: it was told to stop. */
  readonly phase: 'starting' | 'serving' | 'finishing';
  readonly component: string;
  /** How long the event loop has been blocked; when `finishing`, the time since the process was told to stop. */
  readonly stalledMs: number;
  /** The request for which a guest ran last: if a guest holds the thread, it is this one. */
  readonly request: StalledRequest | undefined;
}

export interface StalledRequest {
  /** Counted from 0, as in the guest's INSTANCE_ID and the prefix of its output. */
  readonly instance: number;
  readonly method: string;
  readonly path: string;
  /** The request's id, if it is known. */
  readonly id: string | undefined;
}

/** Which of several alternatives the host chose, and why. */
export interface ChoiceMade {
  readonly name: string;
  readonly reason: string;
}

export interface StartLimits {
  /** Wall-clock time for one request; 0 is no limit. */
  readonly timeoutMs: number;
  readonly maxConcurrentRequests: number;
  readonly maxQueuedRequests: number;
  /** Other limits that are not at their defaults, as the options that set them: `--limit handles=7`. */
  readonly others: readonly string[];
}

/** One answered request. */
export interface RequestRecord {
  readonly id: string;
  readonly component: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** How much of the body was sent. */
  readonly byteLength: number;
  readonly durationMs: number;
  /** For how much of that time the guest was computing; `undefined` if that is not measured, as without preemption. */
  readonly cpuMs: number | undefined;
  /** `none`: no guest was to answer. */
  readonly instance: 'fresh' | 'restart' | 'reset' | 'none';
  readonly end: 'complete' | 'aborted' | 'client-left';
}

/**
 * Takes events, in order. Must not throw.
 *
 * @example
 * ```ts
 * const log: Log = (event) => {
 *   if (event.at === 'request-failed') console.error(`${event.id}: ${event.message}`);
 * };
 * await using host = createHost(await loadComponent('app.wasm'), {}, log);
 * ```
 */
export type Log = (event: LogEvent) => void;

/**
 * Discards all events.
 *
 * @example
 * ```ts
 * await using host = createHost(await loadComponent('app.wasm'), {}, SILENT);
 * ```
 */
export const SILENT: Log = () => undefined;

/** Wraps an embedder's log so that its failures do not affect requests: the first error that it throws or rejects with becomes a Node warning. */
export function guardLog(log: Log): Log {
  let stage: 'working' | 'broken' = 'working';
  const broke = (error: unknown): void => {
    if (stage === 'working') warnOfBug(error);
    stage = 'broken';
  };
  return (event) => {
    try {
      const returned: unknown = log(event);
      if (returned instanceof Promise) returned.catch(broke);
    } catch (error) {
      broke(error);
    }
  };
}

/**
 * Passes each event to all of `logs`, in order.
 *
 * @example
 * ```ts
 * const metrics = await createMetrics();
 * const log = teeLog(metrics.log, (event) => console.log(JSON.stringify(event)));
 * ```
 */
export function teeLog(...logs: readonly Log[]): Log {
  return (event) => {
    for (const log of logs) log(event);
  };
}
