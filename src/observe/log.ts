import { warnOfBug } from '../util/bug.ts';

/** What the host has to say, in the terms of a reader of logs. */
export type LogEvent =
  | { readonly at: 'start'; readonly start: StartRecord }
  | { readonly at: 'request'; readonly request: RequestRecord }
  | {
      readonly at: 'request-failed';
      readonly id: string;
      readonly component: string;
      readonly message: string;
      readonly trace: string | undefined;
      /** The limit that ended it, by its name at the command line: `handles`, `timeout`. */
      readonly limit?: string | undefined;
    }
  | { readonly at: 'stalled'; readonly stall: StallRecord }
  | { readonly at: 'notice'; readonly level: NoticeLevel; readonly message: string };

export type NoticeLevel = 'info' | 'warning' | 'error';

/** A component that is being served from now on. */
export interface StartRecord {
  /** `http://127.0.0.1:8080`. */
  readonly origin: string;
  readonly component: string;
  /** Of the component's file. */
  readonly byteLength: number;
  /** The exported world: `wasi:http/proxy@0.2.3`. */
  readonly world: string;
  /** With versions, as the component names them. */
  readonly imports: readonly string[];
  readonly engine: ChoiceMade;
  readonly isolation: ChoiceMade;
  /** Whether guests that compute for long are interrupted. */
  readonly preemption: ChoiceMade;
  readonly limits: StartLimits;
  /** The processes that serve, each with limits of its own; absent where it is this one. */
  readonly workerPids?: readonly number[];
  /** Where health and metrics are: `http://127.0.0.1:9100`. */
  readonly adminOrigin?: string;
}

/** Why a process ends that can no longer say so itself: its event loop stands still, or it does not come to its end. */
export interface StallRecord {
  /** `starting`: no request was served yet; `finishing`: it was to end. */
  readonly phase: 'starting' | 'serving' | 'finishing';
  readonly component: string;
  /** How long the event loop has stood still; since the process was to end, where it is `finishing`. */
  readonly stalledMs: number;
  /** The request for which a guest ran last: of those at work, the one that holds the thread. */
  readonly request: StalledRequest | undefined;
}

export interface StalledRequest {
  /** From 0: as in the guest's INSTANCE_ID and at its lines of output. */
  readonly instance: number;
  readonly method: string;
  readonly path: string;
  /** Where it is known. */
  readonly id: string | undefined;
}

/** What the host chose among several ways, and why. */
export interface ChoiceMade {
  readonly name: string;
  readonly reason: string;
}

export interface StartLimits {
  /** Wall time of one request; 0 is none. */
  readonly timeoutMs: number;
  readonly maxConcurrentRequests: number;
  readonly maxQueuedRequests: number;
  /** The others that are not at their defaults, as the options that set them: `--limit handles=7`. */
  readonly others: readonly string[];
}

/** One answered request. */
export interface RequestRecord {
  readonly id: string;
  readonly component: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Of the body, as far as it was sent. */
  readonly byteLength: number;
  readonly durationMs: number;
  /** How much of that time its guest has computed; `undefined` where nobody counts it, as without preemption. */
  readonly cpuMs: number | undefined;
  readonly instance: 'fresh' | 'reset';
  readonly end: 'complete' | 'aborted' | 'client-left';
}

/** Takes events, in order, and never throws. */
export type Log = (event: LogEvent) => void;

/** Says nothing. */
export const SILENT: Log = () => undefined;

/** An embedder's log, of which no request is to suffer: what it throws, or its promise rejects with, is told once, as a warning of Node's. */
export function sparing(log: Log): Log {
  let stage: 'sound' | 'broken' = 'sound';
  const broke = (error: unknown): void => {
    if (stage === 'sound') warnOfBug(error);
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

/** Tells all of `logs`, in their order. */
export function teeLog(...logs: readonly Log[]): Log {
  return (event) => {
    for (const log of logs) log(event);
  };
}
