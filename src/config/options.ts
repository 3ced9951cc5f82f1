import type { HostLimits, InstanceLimits, RequestLimits } from '../util/limits.ts';
import type { ClientLimits, ListenerOptions } from './listener-options.ts';
import {
  type ConfigOf,
  type OptionsOf,
  callback,
  choice,
  count,
  directories,
  duration,
  folder,
  blobStores,
  keyValueStores,
  optionalCallback,
  optionalSwitch,
  patterns,
  requestFields,
  text,
  toggle,
  variables,
} from './option.ts';

// To add an option, add an entry here (for `serve` alone: in command-options.ts) and read its field where it matters: types, checks, the flag and
// its help, the environment variable and docs/options.md (`node scripts/options-page.ts`) follow. Limits on guests stand in util/limits.ts.

/** A message logged by a guest: WIT's `level`, `context` and `message`. `instance` counts requests from 0; `undefined` while the guest starts. */
export interface LoggedMessage {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'critical';
  readonly context: string;
  readonly message: string;
  readonly instance: number | undefined;
}

/** Options shared by all components, routes and ports of a host. */
export const HOST_OPTIONS = {
  /** Requests processed concurrently. Default 1,000. */
  maxConcurrentRequests: count({
    flag: 'max-concurrent-requests',
    group: 'Limits',
    default: 1000,
    min: 1,
    help: 'requests processed concurrently',
  }),
  /** Requests in the queue; more are refused with 503. Default 1,000. */
  maxQueuedRequests: count({
    flag: 'max-queued-requests',
    group: 'Limits',
    default: 1000,
    min: 0,
    help: 'requests in the queue; more get 503',
  }),
  /** How long a shutdown keeps accepting, in ms. Default: until clients are done, at most 1 second. */
  shutdownDelayMs: duration({
    flag: 'shutdown-delay',
    group: 'Serving',
    default: undefined,
    zero: 'no delay',
    otherwise: 'until clients are done, at most 1s',
    help: 'how long a shutdown keeps accepting requests, for load balancers that keep sending',
  }),
  /** How long a shutdown then waits for guests, in ms. Default 30,000. */
  drainTimeoutMs: duration({
    flag: 'drain-timeout',
    group: 'Serving',
    default: 30_000,
    zero: 'no wait',
    help: 'how long a shutdown then waits for guests',
  }),
  /**
   * `returned`: once a host with a port has been idle for 30 seconds after a burst, V8 collects the garbage of the whole process, and memory that is free is
   * given back to the system, which also happens now and then while there are requests. `wasi-serve serve` does so always. Default `kept`: the process is not the
   * host's own.
   */
  idleMemory: toggle(
    { off: 'kept', on: 'returned' },
    { group: 'Serving', help: 'whether a host that has become idle has V8 collect garbage; the command always does' },
  ),
} as const;

/** Options for serving the requests of one component. */
export const COMPONENT_OPTIONS = {
  /** Environment variables of every guest. */
  env: variables({
    flag: 'env',
    group: 'Guest',
    default: {},
    help: 'environment variable for the guest; NAME alone passes the variable of this process',
  }),
  /**
   * Directories of the host that guests may use, below which they cannot leave, as `{ host, guest, access }`; `access` is `read-write` or `read-only`.
   * They are opened when the component is mounted. Only on Linux.
   */
  directories: directories({
    flag: 'dir',
    group: 'Guest',
    default: [],
    help: 'a directory that the guest may use, as GUEST if that is given; ::ro if it may only read',
  }),
  /** The working directory that guests are told. Default: none. */
  initialCwd: text({
    wasmtime: 'S cwd',
    group: 'Guest',
    default: undefined,
    otherwise: 'none',
    help: 'the working directory that the guest is told',
  }),
  /** What every guest finds in `wasi:config/store`. */
  configVars: variables({
    flag: 'config-var',
    wasmtime: 'S config-var',
    group: 'Guest',
    default: {},
    help: 'a value that the guest finds in wasi:config/store',
  }),
  /** Stores for `wasi:keyvalue`, by the names that guests open: `memory`, `sqlite:FILE`, `redis://HOST:PORT/DATABASE`. The one named `default` has no name too. */
  keyValue: keyValueStores({
    flag: 'keyvalue',
    group: 'Guest',
    default: {},
    help: 'a store that the guest finds in wasi:keyvalue: memory, sqlite:FILE or redis://HOST:PORT/DATABASE',
  }),
  /** Whether the default store is one in memory, if `keyValue` names no other. */
  keyValueMemory: toggle(
    { off: false, on: true },
    { wasmtime: 'S keyvalue', group: 'Guest', help: 'a default store in memory for wasi:keyvalue' },
  ),
  /** What the default store in memory has from the start; it grants one. */
  keyValueInMemoryData: variables({
    wasmtime: 'S keyvalue-in-memory-data',
    group: 'Guest',
    default: {},
    help: 'a key and its value in the default store in memory',
  }),
  /**
   * Stores for `wasi:blobstore`: `memory`, `dir:PATH`, `s3://BUCKET?endpoint=URL&region=REGION`. Guests find the containers of the one named `default` by
   * their names, those of another as `NAME/CONTAINER`.
   */
  blobStores: blobStores({
    flag: 'blobstore',
    group: 'Guest',
    default: {},
    help: 'a store whose containers the guest finds in wasi:blobstore: memory, dir:PATH or s3://BUCKET?endpoint=URL',
  }),
  /** Fields that replace the client's in every request. */
  requestHeaders: requestFields({
    flag: 'header',
    short: 'H',
    group: 'Guest',
    default: [],
    help: "field 'name: value' that replaces the client's; @FILE contains one per line",
  }),
  /**
   * What guests may call, as patterns: `https://api.test`, `https://*.test:8443`, `http://10.0.0.0/8`, `*`; nothing if it is empty.
   * Default: all public, private and loopback addresses.
   */
  outbound: patterns({
    flag: 'outbound',
    group: 'Guest',
    default: undefined,
    otherwise: 'everything except link-local and metadata addresses',
    help: 'the only targets that the guest may call: scheme://host[:port] with * or *.name, or a network such as http://10.0.0.0/8',
  }),
  /** Whether guests may use the network as this process may: all addresses, TCP and UDP. Default false. */
  inheritNetwork: toggle(
    { off: false, on: true },
    { wasmtime: 'S inherit-network', group: 'Guest', help: 'let the guest open sockets to and on any address' },
  ),
  /**
   * The addresses that guests' sockets may use, as patterns: `10.0.0.0/8:5432`, `[::1]:53`, `db.example.com:5432`, `*.example.com`, `*`. Names may be looked
   * up, and what they resolve to may be used. Default: none.
   */
  allowNet: patterns({
    flag: 'allow-net',
    group: 'Guest',
    default: undefined,
    otherwise: 'none',
    help: "what the guest's sockets may connect to, send to or listen on: HOST[:PORT] with a name, *.name, *, an address or a network",
  }),
  /** Whether guests may make TCP sockets. Default: with `inheritNetwork` or `allowNet`. */
  allowTcp: optionalSwitch({
    wasmtime: 'S tcp',
    group: 'Guest',
    otherwise: 'with inherit-network or --allow-net',
    help: 'whether the guest may make TCP sockets',
  }),
  /** Whether guests may make UDP sockets. Default: with `inheritNetwork` or `allowNet`. */
  allowUdp: optionalSwitch({
    wasmtime: 'S udp',
    group: 'Guest',
    otherwise: 'with inherit-network or --allow-net',
    help: 'whether the guest may make UDP sockets',
  }),
  /** Whether guests may look up any name. Default false: those of `allowNet`. */
  allowIpNameLookup: toggle(
    { off: false, on: true },
    { wasmtime: 'S allow-ip-name-lookup', group: 'Guest', help: 'let the guest look up any name' },
  ),
  /** `coarse`: clocks stop while a guest runs, so that it cannot measure traces of others in the processor. Default `exact`. */
  clock: toggle(
    { off: 'exact', on: 'coarse' },
    { flag: 'coarse-clock', group: 'Guest', help: 'stop the clocks while a guest runs' },
  ),
  /** Wall-clock time for one request, in ms, 0 for no limit. Default 30,000. */
  timeoutMs: duration({
    wasmtime: 'W timeout',
    group: 'Limits',
    default: 30_000,
    zero: 'no limit',
    help: 'how long a request may take',
  }),
  /** How much of that time its guest may compute, in ms, 0 for all of it. Default 30,000. */
  cpuTimeoutMs: duration({
    flag: 'cpu-timeout',
    group: 'Limits',
    default: 30_000,
    zero: 'all of it',
    help: 'how much of that time the guest may compute',
  }),
  /**
   * Instances that exist at any time, in use or not: made before the port opens, and kept even if they are not used for long. Default 0: as many as the last
   * minutes needed.
   */
  minSpares: count({
    flag: 'min-spares',
    group: 'Serving',
    default: 0,
    min: 0,
    help: 'instances that are made before the port opens, and kept even if they are not used for long',
  }),
  /**
   * Requests that an instance serves, one after the other, without being restored between them. More than 1 gives up isolation: a request finds all that those
   * before it have left in the guest, and limits on a request hold for all of them together, but for its time. After one that
   * its guest does not answer, the instance serves no other. Default 1.
   */
  maxInstanceReuseCount: count({
    flag: 'max-instance-reuse-count',
    group: 'Engine',
    default: 1,
    min: 1,
    help: 'requests that an instance serves, one after the other; with more than 1 they are not isolated: they find what those before them left in the guest',
  }),
  /** How long an instance that may serve another request waits for it, in ms. Default 1000. */
  idleInstanceTimeoutMs: duration({
    flag: 'idle-instance-timeout',
    group: 'Engine',
    default: 1000,
    help: 'how long such an instance waits for another request',
  }),
  /** How long a guest may continue after its client left, in ms. Default 0: until it next waits. */
  graceMs: duration({
    flag: 'grace',
    group: 'Limits',
    default: 0,
    zero: 'until it next waits',
    help: 'how long a guest may continue after its client left',
  }),
  /** Whether each line of the guest's output starts with `stdout [ID] :: `. Default `shown`. */
  loggingPrefix: toggle(
    { off: 'shown', on: 'hidden' },
    { flag: 'no-logging-prefix', group: 'Output', help: "guest output without 'stdout [ID] :: '" },
  ),
  /** Whether error replies tell the client what went wrong. Default `hidden`. */
  errorDetail: toggle(
    { off: 'hidden', on: 'shown' },
    { flag: 'dev', group: 'Serving', help: 'error replies tell the client the reason' },
  ),
  /** Where the guest's stdout and stderr go, as whole lines. Default: this process's. */
  writeGuestOutput: callback({
    group: 'Output',
    default: (stream: 'stdout' | 'stderr', lines: string): void => void process[stream].write(lines),
    otherwise: 'to stdout and stderr',
    help: "where the guest's output goes, as whole lines",
  }),
  /** Takes what guests log by `wasi:logging/logging`. Default: lines of the guest's stderr. */
  logGuestMessage: optionalCallback<(message: LoggedMessage) => void>({
    group: 'Output',
    default: undefined,
    otherwise: "to the guest's stderr",
    help: 'takes what the guest logs with wasi:logging',
  }),
} as const;

/** How a component is read and linked. */
export const LOAD_OPTIONS = {
  /** Which engine runs components: `auto` picks the best that supports the component. */
  engine: choice(['auto', 'linker', 'jco'], {
    flag: 'engine',
    group: 'Engine',
    default: 'auto',
    help: 'what runs the component',
  }),
  /**
   * How each request gets its own instance. `fresh`: new core instances. `restart`: kept ones, restored to what they were before they started, which start
   * again. `reset`: kept ones, restored to what they were after they started. `auto` picks the cheapest that is provably isolated.
   */
  isolation: choice(['auto', 'fresh', 'restart', 'reset'], {
    flag: 'isolation',
    group: 'Engine',
    default: 'auto',
    help: 'how each request gets an instance',
  }),
  /**
   * `on`: a guest that computes for a long time is interrupted to let others run, and ends at its deadline; `off`: it blocks the process. Only the linker
   * engine supports `on`. Default `on`.
   */
  preemption: choice(['on', 'off'], {
    flag: 'preemption',
    group: 'Engine',
    default: 'on',
    help: 'whether guests that compute for a long time are interrupted to let others run',
  }),
  /**
   * `auto`: instances share the pages of memory that hold the component's data until they write to them, where the kernel and Node can do that: Linux, and with
   * `--permission` only with `--allow-ffi`; `off`: each has its own from the start. Guests cannot tell. Default `auto`.
   */
  sharedPages: choice(['auto', 'off'], {
    flag: 'shared-pages',
    group: 'Engine',
    default: 'auto',
    help: "whether instances share pages of the component's data until they write to them",
  }),
  /**
   * `on`: the component's code runs as it is, in new instances, so that debuggers find its source. Nothing interrupts guests then, and their memories are not
   * bounded. Default `off`.
   */
  guestDebug: toggle(
    { off: 'off', on: 'on' },
    {
      wasmtime: 'D guest-debug',
      group: 'Engine',
      help: "run the component's code as it is, so that debuggers find its source; guests are not interrupted, and take what memory they like",
    },
  ),
  /**
   * `traps`: a guest whose memory or table cannot grow traps, which shows where it wants to have more. Default `returned`: it gets -1. Not with `guestDebug`.
   */
  growFailure: toggle(
    { off: 'returned', on: 'traps' },
    {
      wasmtime: 'W trap-on-grow-failure',
      group: 'Engine',
      help: 'a guest whose memory or table cannot grow traps, instead of getting -1',
    },
  ),
  /** Folder in which artifacts of components are cached between starts; `false` caches nothing. Default: the user's cache folder. */
  cache: folder({
    wasmtime: 'C cache',
    group: 'Engine',
    default: undefined,
    otherwise: "the user's cache folder",
    help: 'folder for cached artifacts of components, or no',
  }),
} as const;

/** What all components, routes and ports of a host share. Times in milliseconds. */
export interface HostOptions extends OptionsOf<typeof HOST_OPTIONS> {
  /** Bounds on what all requests together make the host hold; those that are not given by default. */
  readonly limits?: GivenLimits<HostLimits>;
}

/** How requests of one component are served. Times in milliseconds. */
export interface ComponentOptions extends OptionsOf<typeof COMPONENT_OPTIONS> {
  /** Bounds on what one request makes the host hold or do; those that are not given by default. */
  readonly limits?: GivenLimits<RequestLimits>;
}

/** How a component is read and linked. */
export interface LoadOptions extends OptionsOf<typeof LOAD_OPTIONS> {
  /** Bounds on the component and its instances; those that are not given by default. */
  readonly limits?: GivenLimits<InstanceLimits>;
}

/** Limits as a caller gives them: those that are `undefined` are as by default. */
type GivenLimits<Limits> = { readonly [Name in keyof Limits]?: Limits[Name] | undefined } | undefined;

export type Engine = (typeof LOAD_OPTIONS.engine)['default'];
export type Isolation = (typeof LOAD_OPTIONS.isolation)['default'];

/** One component on ports of its own: the options of the host, of its listeners and of the component in one object. */
export type ServeOptions = ListenerOptions & HostOptions & ComponentOptions;

/** `HostOptions` with every default filled in. */
export interface HostConfig extends ConfigOf<typeof HOST_OPTIONS> {
  readonly limits: HostLimits;
}

/** `ComponentOptions` with every default filled in. */
export interface ComponentConfig extends ConfigOf<typeof COMPONENT_OPTIONS> {
  readonly limits: RequestLimits;
}

/** `ServeOptions` with every default filled in. */
export type ServeConfig = ClientLimits & HostConfig & ComponentConfig;

/** `LoadOptions` with every default filled in. */
export interface LoadConfig extends ConfigOf<typeof LOAD_OPTIONS> {
  readonly limits: InstanceLimits;
}
