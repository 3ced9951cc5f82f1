import type { GuestRequest } from '../servers/guests.ts';

/** Load of one kind for some time. */
export interface LoadJob {
  readonly url: string;
  readonly request: GuestRequest;
  readonly connections: number;
  /** Whole: wrk knows no parts. */
  readonly seconds: number;
}

/** What came of a `LoadJob`. */
export interface LoadSample {
  /** Replies a second, whatever they were. */
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** How many of each went wrong: replies that are not 2xx, broken connections, timeouts. Empty if none. */
  readonly faults: Readonly<Record<string, number>>;
}

/** Sends requests as fast as they are answered, over a fixed number of connections. */
export interface LoadGenerator {
  /** With what reading its numbers needs, for the report. */
  readonly note: string;
  /** Throws where it cannot work at all, or when the run is aborted. */
  run(job: LoadJob): Promise<LoadSample>;
}

/** After this a reply counts as lost. Above wrk's 2 s, which a slow server reaches by its queue alone. */
export const REPLY_TIMEOUT_SECONDS = 10;

/** Only the faults that happened. A run without any reply is one. */
export function toFaults(replies: number, counts: Readonly<Record<string, number>>): LoadSample['faults'] {
  const faults = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  return replies > 0 ? faults : { ...faults, 'no reply at all': 1 };
}
