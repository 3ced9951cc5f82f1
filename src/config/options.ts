/** Which engine runs components: `auto` takes the best that supports the component. */
export type Engine = 'auto' | 'linker' | 'jco';

/** How each request gets an instance of its own: `auto` takes the cheapest that is provably isolated. */
export type Isolation = 'auto' | 'fresh' | 'reset';

/** How a component is read and linked. */
export interface LoadOptions {
  readonly engine?: Engine;
  readonly isolation?: Isolation;
  /** Folder for what is made from components, from one start to the next; `false` keeps nothing. Default: the user's cache folder. */
  readonly cache?: string | false;
}

/** How requests are served. Times in milliseconds. */
export interface HostOptions {
  /** Environment variables of every guest. */
  readonly env?: Readonly<Record<string, string>>;
  /** Fields that replace the client's in every request. */
  readonly requestHeaders?: readonly (readonly [name: string, value: string])[];
  /** Wall time of one request, 0 for none. Default 30,000. */
  readonly timeoutMs?: number;
  /** How long a guest may go on after its client left. Default 0: until it next waits. */
  readonly graceMs?: number;
  /** Requests at work at once. Default 1,000. */
  readonly maxConcurrentRequests?: number;
  /** Requests that wait for their turn; more are refused with 503. Default 1,000. */
  readonly maxQueuedRequests?: number;
  /** Whether the guest's output carries `stdout [ID] :: ` at each line. Default `shown`. */
  readonly loggingPrefix?: 'shown' | 'hidden';
  /** Whether error replies tell the client what went wrong. Default `hidden`. */
  readonly errorDetail?: 'shown' | 'hidden';
  /** Where the guest's stdout and stderr go, as whole lines. Default: this process's. */
  readonly writeGuestOutput?: (stream: 'stdout' | 'stderr', lines: string) => void;
}

/** `HostOptions` with every default filled in. */
export type HostConfig = Required<HostOptions>;

export const DEFAULTS: HostConfig = Object.freeze({
  env: {},
  requestHeaders: [],
  timeoutMs: 30_000,
  graceMs: 0,
  maxConcurrentRequests: 1000,
  maxQueuedRequests: 1000,
  loggingPrefix: 'shown',
  errorDetail: 'hidden',
  writeGuestOutput: (stream, lines) => void process[stream].write(lines),
});
