import {
  type ConfigOf,
  type OptionsOf,
  address,
  choice,
  count,
  duration,
  patterns,
  toggle,
  workers,
} from './option.ts';

/** What concerns the process, its addresses and its words: options of the command `serve` alone. In JavaScript these are calls and objects. */
export const COMMAND_OPTIONS = {
  /** Where to listen. */
  address: address({
    flag: 'addr',
    group: 'Serving',
    default: { hostname: '127.0.0.1', port: 8080 },
    help: 'where to listen; port 0 takes any free one',
  }),
  /** How many processes serve under this one, which looks after them; 0: this one serves by itself. */
  workers: workers({
    flag: 'workers',
    group: 'Serving',
    default: 0,
    otherwise: 'this one serves by itself',
    help: 'processes that serve, each with all of the limits, while this one replaces those that end; auto: one for each core',
  }),
  /** A connection there stops the host. */
  shutdownAddress: address({
    flag: 'shutdown-addr',
    group: 'Serving',
    default: undefined,
    help: 'a connection to this address stops the host',
  }),
  /** Where health and metrics are told; nothing is counted if that is nowhere. */
  adminAddress: address({
    flag: 'admin-addr',
    group: 'Serving',
    default: undefined,
    help: 'where /healthz, /readyz and /metrics are',
  }),
  /** How long the event loop of a process that serves may stand still before the process ends. */
  stallTimeoutMs: duration({
    flag: 'stall-timeout',
    group: 'Serving',
    default: undefined,
    zero: 'never',
    otherwise: '15s longer than a guest may compute',
    help: 'a process that serves ends once its event loop has stood still for so long',
  }),
  /** Whether guests have all variables of this process. */
  inheritEnv: toggle(
    { off: false, on: true },
    { wasmtime: 'S inherit-env', group: 'Guest', help: 'passes all our environment variables to the guest' },
  ),
  /** In which words the log is written. */
  logFormat: choice(['text', 'json'], {
    flag: 'log-format',
    group: 'Output',
    default: 'text',
    help: 'for people or machines',
  }),
  /** Whether there is a line for each request. */
  accessLog: choice(['on', 'off'], {
    flag: 'access-log',
    group: 'Output',
    default: 'on',
    help: 'a line for each request',
  }),
  /** Folders for the guest: not supported yet, and refused. */
  dir: patterns({
    flag: 'dir',
    group: 'Guest',
    default: undefined,
    help: 'not supported yet',
    isHidden: true,
  }),
  /** How many requests an instance serves: 1, as each request has an instance of its own. */
  maxInstanceReuseCount: count({
    flag: 'max-instance-reuse-count',
    group: 'Limits',
    default: 1,
    min: 1,
    help: 'requests an instance serves: 1',
    isHidden: true,
  }),
} as const;

export interface CommandOptions extends OptionsOf<typeof COMMAND_OPTIONS> {}

/** `CommandOptions` with every default filled in. */
export interface CommandConfig extends ConfigOf<typeof COMMAND_OPTIONS> {}
