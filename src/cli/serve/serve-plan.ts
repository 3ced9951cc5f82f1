import { isIPv6 } from 'node:net';
import { toServeConfig } from '../../config/to-serve-config.ts';
import { COMMAND_OPTIONS, type CommandConfig } from '../../config/command-options.ts';
import { withDefaults } from '../../config/option.ts';
import type { ComponentOptions, LoadOptions, ServeConfig, ServeOptions } from '../../config/options.ts';
import { assertNetPatterns } from '../../wasi/sockets/net-policy.ts';
import { compilePolicy } from '../../outbound/outbound-policy.ts';
import { maxSettlingMs } from '../../server/http1/graceful-stop.ts';
import type { Address, ListeningSocket } from '../../server/http1/listen.ts';
import { HostError } from '../../util/host-error.ts';
import { type Permission, describeMissing, isPermitted } from '../../util/permissions.ts';
import { toGuestEnv } from '../options/guest-env.ts';
import { shareAmong } from '../options/limit-flags.ts';
import { type GivenFlags, type Settings, readSettings } from '../options/read-settings.ts';
import { defaultStallTimeoutMs } from '../stall/stall-bounds.ts';
import { NO_TIME_LIMITS } from '../options/no-time-limits.ts';
import { passedSockets } from './passed-sockets.ts';
import { listTooLow } from './system-limits.ts';

/** Everything that `serve` needs to know: the command line is not read again. */
export interface ServePlan {
  readonly file: string;
  /** Where to listen: at addresses, or on sockets that were passed. There is at least one. */
  readonly listenOn: readonly (Address | ListeningSocket)[];
  /** The number of worker processes; 0 if this process serves. */
  readonly workers: number;
  /** How long the event loop of a serving process may be blocked before the process ends; 0 is no bound. */
  readonly stallTimeoutMs: number;
  /** A connection to this address stops the host. */
  readonly shutdownAddress: Address | undefined;
  /** How long there may be no connection, after the first one, before the process stops. */
  readonly idleProcessTimeoutMs: number | undefined;
  /** Where health and metrics are served; without it, nothing is counted. */
  readonly adminAddress: Address | undefined;
  /** Whether the admin port makes profiles too. */
  readonly debugEndpoints: boolean;
  /** The file for a profile of the whole time. */
  readonly profile: string | undefined;
  readonly load: LoadOptions;
  readonly host: ServeOptions;
  /** How long a stop keeps accepting; by default, until clients are done. */
  readonly shutdownDelayMs: number | undefined;
  readonly drainTimeoutMs: number;
  /** The longest that a stop takes, unless the process is blocked. */
  readonly stopTimeoutMs: number;
  readonly logFormat: CommandConfig['logFormat'];
  readonly accessLog: CommandConfig['accessLog'];
  /** What the operator should know about options. */
  readonly notices: readonly string[];
}

/**
 * What the options mean, given as flags or in the environment. Throws `HostError`: `bad-argument` if one is malformed, `not-supported` if it asks
 * for what we cannot do.
 */
export function toServePlan(file: string, flags: GivenFlags, env: NodeJS.ProcessEnv): ServePlan {
  const settings = withoutTimesOfDebugging(readSettings(flags, env));
  const command: CommandConfig = withDefaults(COMMAND_OPTIONS, settings.command);
  assertSupported(command);
  assertPermitted(command);
  assertApart(command);
  const shares = shareAmong(command.workers);
  const load = {
    ...settings.load,
    limits: { maxTotalMemoryBytes: shares.maxTotalMemoryBytes, ...settings.load.limits },
  };
  assertShared(command, settings.component);
  const host = toHostOptions(settings, command, env);
  const { shutdownDelayMs, drainTimeoutMs, ...config } = toServeConfig(host);
  const listenOn = command.systemdListenFd ? passedSockets(env, process.pid) : command.addresses;
  const {
    workers,
    shutdownAddress,
    idleProcessTimeoutMs,
    adminAddress,
    debugEndpoints,
    profile,
    logFormat,
    accessLog,
  } = command;
  return {
    file,
    listenOn,
    workers,
    stallTimeoutMs: command.stallTimeoutMs ?? defaultStallTimeout(load, config),
    shutdownAddress,
    idleProcessTimeoutMs,
    adminAddress,
    debugEndpoints,
    profile,
    load,
    host,
    shutdownDelayMs,
    drainTimeoutMs,
    // The last of several workers stops after the others.
    stopTimeoutMs: maxSettlingMs(shutdownDelayMs) * (workers > 1 ? 2 : 1) + drainTimeoutMs,
    logFormat,
    accessLog,
    notices: [...settings.notices, ...listUnwatched(command), ...listTooLow({ ...config, ports: listenOn.length })],
  };
}

/** A guest that stands at a breakpoint takes as long as it likes. */
function withoutTimesOfDebugging(settings: Settings): Settings {
  if (settings.load.guestDebug !== 'on') return settings;
  return {
    ...settings,
    component: { ...NO_TIME_LIMITS, ...settings.component },
    load: { ...settings.load, preemption: 'off' },
    notices: [
      ...settings.notices,
      '-D guest-debug: guests are not interrupted, and take what time and memory they like',
    ],
  };
}

/** Each worker would have a store in memory of its own, and a client would find one or the other. */
function assertShared({ workers }: CommandConfig, component: ComponentOptions): void {
  if (workers < 2) return;
  const { keyValue = {}, keyValueMemory = false, keyValueInMemoryData = {}, blobStores = {} } = component;
  const grantsMemory = keyValueMemory || Object.keys(keyValueInMemoryData).length > 0;
  if (grantsMemory || Object.values(keyValue).includes('memory')) {
    throw apart(workers, 'key-value store', '--keyvalue NAME=sqlite:FILE or NAME=redis://HOST');
  }
  if (Object.values(blobStores).includes('memory')) {
    throw apart(workers, 'blob store', '--blobstore NAME=dir:PATH or NAME=s3://BUCKET');
  }
}

function apart(workers: number, store: string, others: string): HostError {
  return new HostError(
    'bad-argument',
    `--workers ${workers} with a ${store} in memory: each worker would have its own; use ${others}`,
  );
}

function listUnwatched({ stallTimeoutMs = 0, workers }: CommandConfig): string[] {
  if (stallTimeoutMs === 0 || workers > 0 || isPermitted('worker')) return [];
  return [
    "--stall-timeout has no effect: Node's --permission mode lacks --allow-worker, and no other process supervises this one (--workers 1)",
  ];
}

/** Guests that are not interrupted may block the thread for as long as they like. */
export function defaultStallTimeout(
  { preemption }: LoadOptions,
  { timeoutMs, cpuTimeoutMs }: Pick<ServeConfig, 'timeoutMs' | 'cpuTimeoutMs'>,
): number {
  return preemption === 'off' ? 0 : defaultStallTimeoutMs(timeoutMs, cpuTimeoutMs);
}

function toHostOptions(
  { listener, host, component }: Settings,
  command: CommandConfig,
  env: NodeJS.ProcessEnv,
): ServeOptions {
  if (component.outbound !== undefined) compilePolicy(component.outbound);
  assertNetPatterns(component.allowNet);
  const { maxTotalHeldBytes } = shareAmong(command.workers);
  return {
    ...listener,
    ...host,
    ...component,
    env: toGuestEnv(command, component.env, env),
    limits: { maxTotalHeldBytes, ...host.limits, ...component.limits },
  };
}

/** Checks all needed permissions before anything starts, and reports all missing ones together. */
function assertPermitted({ workers }: CommandConfig): void {
  const needed: readonly Permission[] = workers === 0 ? ['net'] : ['net', 'child'];
  const missing = needed.filter((permission) => !isPermitted(permission));
  if (missing.length === 0) return;
  const what = missing.includes('child') ? `--workers ${workers}` : 'serving';
  throw new HostError('not-supported', `${what}: ${describeMissing(missing)}`);
}

/** Checks that each port has its own address. */
function assertApart({ addresses, systemdListenFd, adminAddress, shutdownAddress }: CommandConfig): void {
  const flags = [
    ...(systemdListenFd ? [] : addresses).map((address) => ['--addr', address] as const),
    ['--admin-addr', adminAddress],
    ['--shutdown-addr', shutdownAddress],
  ] as const;
  for (const [index, [flag, one]] of flags.entries()) {
    const clash = flags
      .slice(0, index)
      .find(([, other]) => one !== undefined && other !== undefined && isSame(one, other));
    if (clash === undefined) continue;
    const which = clash[0] === flag ? `two of ${flag}` : `${clash[0]} and ${flag}`;
    throw new HostError('bad-argument', `${which} are the same address: give each a port of its own`);
  }
}

/** Whether the two addresses conflict. Port 0 is a different port each time. */
function isSame(one: Address, other: Address): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  return one.hostname === other.hostname || covers(one, other) || covers(other, one);
}

/** `0.0.0.0` is all addresses of IPv4, `::` those too. */
function covers({ hostname }: Address, other: Address): boolean {
  return hostname === '::' || (hostname === '0.0.0.0' && !isIPv6(other.hostname));
}

function assertSupported({ debugEndpoints, adminAddress }: CommandConfig): void {
  if (debugEndpoints && adminAddress === undefined) {
    throw new HostError('bad-argument', '--debug-endpoints are served on the admin port: add --admin-addr');
  }
}
