/** Load of one kind for some time. */
export interface LoadJob {
  readonly hostname: string;
  readonly port: number;
  /** Sent on each connection one after the other, each when the last is answered. */
  readonly requests: readonly LoadRequest[];
  readonly connections: number;
  readonly seconds: number;
  /** Not counted: connections are opened, and the generator's own code becomes fast. */
  readonly rampSeconds: number;
}

/** What is sent, and what a right reply to it is. */
export interface LoadRequest {
  readonly method: string;
  /** The whole request in latin1. */
  readonly text: string;
  /** If undefined, any of 2xx is right. */
  readonly status: number | undefined;
}

/** What came of some load. */
export interface LoadSample {
  /** Replies a second, whatever they were. */
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** How many of each went wrong: replies with another status than expected, broken connections, timeouts. Empty if none. */
  readonly faults: Readonly<Record<string, number>>;
}

/** What our own generator tells besides. */
export interface OwnSample extends LoadSample {
  /** All replies, those of the ramp too: what the server has worked for. */
  readonly replies: number;
  /** The part of a core that the generator took: near 1, it is the generator that is measured. */
  readonly busy: number;
}

/** After this a reply counts as lost. Above wrk's 2 s, which a slow server reaches by its queue alone. */
export const REPLY_TIMEOUT_SECONDS = 10;

/** Only the faults that happened. A run without any reply is one. */
export function toFaults(replies: number, counts: Readonly<Record<string, number>>): LoadSample['faults'] {
  const faults = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  return replies > 0 ? faults : { ...faults, 'no reply at all': 1 };
}
