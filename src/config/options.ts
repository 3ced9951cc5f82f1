import { DEFAULT_LIMITS, type HostLimits, type InstanceLimits, type RequestLimits, toLimits } from '../util/limits.ts';

/** Which engine runs components: `auto` takes the best that supports the component. */
export type Engine = 'auto' | 'linker' | 'jco';

/** How each request gets an instance of its own: `auto` takes the cheapest that is provably isolated. */
export type Isolation = 'auto' | 'fresh' | 'reset';

/** How a component is read and linked. */
export interface LoadOptions {
  /** Bounds on the component and its instances; those that are not given by default. */
  readonly limits?: Partial<InstanceLimits>;
  readonly engine?: Engine;
  readonly isolation?: Isolation;
  /** Folder for what is made from components, from one start to the next; `false` keeps nothing. Default: the user's cache folder. */
  readonly cache?: string | false;
  /**
   * `on`: a guest that computes for long lets others go on, and ends at its deadline; `off`: it holds the process. Only the linker's engine can.
   * Default `on`.
   */
  readonly preemption?: 'on' | 'off';
}

/** Bounds on what a client may send, and on how long it may take. Sizes in bytes, times in milliseconds. */
export interface ClientLimits {
  /** The request line and all fields. Beyond: 431. Default 16 KiB. */
  readonly maxHeadBytes: number;
  /** Fields of a request, and of its trailers. Beyond: 431. Default 100. */
  readonly maxHeaders: number;
  /** The target in the request line. Beyond: 414. Default 8 KiB. */
  readonly maxTargetBytes: number;
  /** The body of a request, 0 for no bound. Beyond: 413. Default 0. */
  readonly maxBodyBytes: number;
  /** Requests of one connection that are not answered; they are served one after the other. Beyond: no more is read until one is. Default 32. */
  readonly maxPipelined: number;
  /** Open connections. Beyond: closed when accepted. Default 10,000. */
  readonly maxConnections: number;
  /** How long a client may take over a head, looked at once a second. Then 408. Default 10,000. */
  readonly headTimeoutMs: number;
  /** How long a client may take over a body, 0 for no bound, looked at once a second. Then 408, a reset once the reply has begun. Default 0. */
  readonly bodyTimeoutMs: number;
  /** How long a client may send nothing of a body that the guest waits for, looked at once a second. Then the same. Default 30,000. */
  readonly bodyIdleTimeoutMs: number;
  /**
   * While requests wait for their turn: how many bytes a second a client has to send of a body that its guest waits for, and to take of its reply. Of
   * those that are slower, the slowest get 408, a reset once the reply has begun. 0: none does. Default 500, as in Apache's `mod_reqtimeout`: less
   * than any link gives.
   */
  readonly minBodyRateBytes: number;
  /** How long a client may be slower than that while requests wait for their turn. Default 300. */
  readonly bodyGraceMs: number;
  /** How long a connection is kept for another request. Default 5000. */
  readonly keepAliveTimeoutMs: number;
  /**
   * How long a client may take nothing of what waits to be sent, looked at once a second. Then a reset. Default 30,000.
   */
  readonly writeTimeoutMs: number;
}

/** How a port takes requests. */
export interface ListenerOptions extends Partial<ClientLimits> {}

/** What all components, routes and ports of a host share. Times in milliseconds. */
export interface HostOptions {
  /** Requests at work concurrently. Default 1,000. */
  readonly maxConcurrentRequests?: number;
  /** Requests that wait for their turn; more are refused with 503. Default 1,000. */
  readonly maxQueuedRequests?: number;
  /** Bounds on what all requests together make the host hold; those that are not given by default. */
  readonly limits?: Partial<HostLimits>;
  /** How long a stop goes on accepting. Default: until clients are done, 1 second at most. */
  readonly shutdownDelayMs?: number | undefined;
  /** How long a stop waits for guests after that. Default 30,000. */
  readonly drainTimeoutMs?: number;
}

/** How requests of one component are served. Times in milliseconds. */
export interface ComponentOptions {
  /** Environment variables of every guest. */
  readonly env?: Readonly<Record<string, string>>;
  /** Fields that replace the client's in every request. */
  readonly requestHeaders?: readonly (readonly [name: string, value: string])[];
  /** Wall time of one request, 0 for none. Default 30,000. */
  readonly timeoutMs?: number;
  /** How much of that time its guest may run, 0 for all of it. Default 30,000. */
  readonly cpuTimeoutMs?: number;
  /** `coarse`: time stands still while a guest runs, so that it cannot measure what the processor shows of others. Default `exact`. */
  readonly clock?: 'exact' | 'coarse';
  /** How long a guest may go on after its client left. Default 0: until it next waits. */
  readonly graceMs?: number;
  /** Bounds on what one request makes the host hold or do; those that are not given by default. */
  readonly limits?: Partial<RequestLimits>;
  /**
   * What guests may call, as patterns: `https://api.test`, `https://*.test:8443`, `http://10.0.0.0/8`, `*`; none at all if it is empty.
   * Default: all public, private and loopback addresses.
   */
  readonly outbound?: readonly string[] | undefined;
  /** Whether the guest's output carries `stdout [ID] :: ` at each line. Default `shown`. */
  readonly loggingPrefix?: 'shown' | 'hidden';
  /** Whether error replies tell the client what went wrong. Default `hidden`. */
  readonly errorDetail?: 'shown' | 'hidden';
  /** Where the guest's stdout and stderr go, as whole lines. Default: this process's. */
  readonly writeGuestOutput?: (stream: 'stdout' | 'stderr', lines: string) => void;
}

/** One component on ports of its own: the options of the host, of its listeners and of the component in one object. */
export type ServeOptions = ListenerOptions & HostOptions & ComponentOptions;

/** `HostOptions` with every default filled in. */
export interface HostConfig extends Required<HostOptions> {
  readonly limits: HostLimits;
}

/** `ComponentOptions` with every default filled in. */
export interface ComponentConfig extends Required<ComponentOptions> {
  readonly limits: RequestLimits;
}

/** `ServeOptions` with every default filled in. */
export type ServeConfig = ClientLimits & HostConfig & ComponentConfig;

export const DEFAULTS: ServeConfig = Object.freeze({
  env: {},
  requestHeaders: [],
  timeoutMs: 30_000,
  cpuTimeoutMs: 30_000,
  clock: 'exact',
  graceMs: 0,
  maxConcurrentRequests: 1000,
  maxQueuedRequests: 1000,
  shutdownDelayMs: undefined,
  drainTimeoutMs: 30_000,
  maxHeadBytes: 16 * 1024,
  maxHeaders: 100,
  maxTargetBytes: 8 * 1024,
  maxBodyBytes: 0,
  maxPipelined: 32,
  maxConnections: 10_000,
  headTimeoutMs: 10_000,
  bodyTimeoutMs: 0,
  bodyIdleTimeoutMs: 30_000,
  minBodyRateBytes: 500,
  bodyGraceMs: 300,
  keepAliveTimeoutMs: 5000,
  writeTimeoutMs: 30_000,
  limits: DEFAULT_LIMITS,
  outbound: undefined,
  loggingPrefix: 'shown',
  errorDetail: 'hidden',
  writeGuestOutput: (stream: 'stdout' | 'stderr', lines: string) => void process[stream].write(lines),
});

/** Options of a host and its listeners, or of one component on a host of its own, with every default filled in. */
export function toServeConfig(options: ServeOptions): ServeConfig {
  return { ...DEFAULTS, ...options, limits: toLimits(options.limits) };
}
