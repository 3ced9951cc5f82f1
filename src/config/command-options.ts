import {
  type ConfigOf,
  type OptionsOf,
  address,
  addresses,
  accessLog,
  choice,
  duration,
  text,
  toggle,
  workers,
} from './option.ts';

/** Options of the command `serve` only, for the process, its addresses and its output. In JavaScript these are calls and objects. */
export const COMMAND_OPTIONS = {
  /** Where to listen. */
  addresses: addresses({
    flag: 'addr',
    group: 'Serving',
    default: [{ hostname: '127.0.0.1', port: 8080 }],
    otherwise: '127.0.0.1:8080',
    help: 'where to listen, on several addresses if it is given several times; port 0 picks any free port',
  }),
  /** Whether to listen on the sockets that systemd passes, instead of `addresses`. */
  systemdListenFd: toggle(
    { off: false, on: true },
    {
      flag: 'systemd-listenfd',
      group: 'Serving',
      help: 'listen on the sockets that systemd passes (LISTEN_FDS), instead of --addr',
    },
  ),
  /** The number of worker processes, which this process supervises; 0 if this process serves itself. */
  workers: workers({
    flag: 'workers',
    group: 'Serving',
    default: 0,
    otherwise: 'none: this process serves itself',
    help: 'number of worker processes, each with its own limits, restarted if they end; auto: one for each core',
  }),
  /** A connection to this address stops the host. */
  shutdownAddress: address({
    flag: 'shutdown-addr',
    group: 'Serving',
    default: undefined,
    help: 'a connection to this address stops the host',
  }),
  /** After the first connection: how long there may be none before the process stops. */
  idleProcessTimeoutMs: duration({
    flag: 'idle-process-timeout',
    group: 'Serving',
    default: undefined,
    otherwise: 'never',
    help: 'stop when, after the first connection, none has been open for this long; with --systemd-listenfd, systemd starts it again',
  }),
  /** Where health and metrics are served; without it, nothing is counted. */
  adminAddress: address({
    flag: 'admin-addr',
    group: 'Serving',
    default: undefined,
    help: 'where to serve /healthz, /readyz and /metrics',
  }),
  /** Whether the admin port makes profiles too. */
  debugEndpoints: toggle(
    { off: false, on: true },
    { flag: 'debug-endpoints', group: 'Serving', help: 'serve /debug/profile on --admin-addr too' },
  ),
  /** The file for a CPU profile of guests, from the start on. */
  profile: text({
    flag: 'profile',
    group: 'Output',
    default: undefined,
    help: 'write a CPU profile of guests to this file (.cpuprofile) at the end, or after 10 minutes; with --workers one for each, with its process id in the name',
  }),
  /** How long the event loop of a serving process may be blocked before the process ends. */
  stallTimeoutMs: duration({
    flag: 'stall-timeout',
    group: 'Serving',
    default: undefined,
    zero: 'never',
    otherwise: '15s longer than a guest may compute',
    help: 'how long the event loop of a serving process may be blocked before the process ends',
  }),
  /** A file of wasmtime's options, in TOML. */
  config: text({
    flag: 'config',
    group: 'Engine',
    default: undefined,
    help: "a configuration file of wasmtime's: what -S, -W, -C, -O and -D say, in TOML; they win",
  }),
  /** Whether guests get all environment variables of this process. */
  inheritEnv: toggle(
    { off: false, on: true },
    { wasmtime: 'S inherit-env', group: 'Guest', help: 'pass all environment variables of this process to the guest' },
  ),
  /** The format of the log. */
  logFormat: choice(['text', 'json'], {
    flag: 'log-format',
    group: 'Output',
    default: 'text',
    help: 'format of the log, for people or for programs',
  }),
  /** Where the line for each request goes: `on` to the log, which is stderr; to a file it is appended, and begins with the time. */
  accessLog: accessLog({
    flag: 'access-log',
    group: 'Output',
    default: 'on',
    help: 'where a line for each request goes; on: to stderr, as the log; a file is appended to',
  }),
} as const;

export interface CommandOptions extends OptionsOf<typeof COMMAND_OPTIONS> {}

/** `CommandOptions` with every default filled in. */
export interface CommandConfig extends ConfigOf<typeof COMMAND_OPTIONS> {}
