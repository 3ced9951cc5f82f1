import { DEFAULTS, type ServeOptions, type LoadOptions } from '../../config/options.ts';
import { maxSettlingMs } from '../../server/http1/graceful-stop.ts';
import type { Address } from '../../server/http1/listen.ts';
import { HostError } from '../../util/host-error.ts';
import { type Permission, describeMissing, isPermitted } from '../../util/permissions.ts';
import { type OutboundPolicy, compilePolicy } from '../../outbound/outbound-policy.ts';
import { toClientLimits } from '../options/client-limits.ts';
import { toGuestEnv } from '../options/guest-env.ts';
import { parseLimits, shareAmong } from '../options/guest-limits.ts';
import { parseRequestFields } from '../options/request-fields.ts';
import type { LogFormat, ServeFlags } from './serve-flags.ts';
import { defaultStallTimeoutMs } from '../stall/stall-bounds.ts';
import { listTooLow } from './system-limits.ts';
import { type Flags, parseFlags } from '../options/wasmtime-flags.ts';

/** All that `serve` does, decided: nothing of it is read from the command line again. */
export interface ServePlan {
  readonly file: string;
  readonly address: Address;
  /** How many processes serve under this one, which looks after them; 0: this one serves by itself. */
  readonly workers: number;
  /** How long the event loop of a process that serves may stand still before the process ends; 0 is as long as it likes. */
  readonly stallTimeoutMs: number;
  /** A connection there stops the host. */
  readonly shutdownAddress: Address | undefined;
  /** Where health and metrics are told; nothing is counted where that is nowhere. */
  readonly adminAddress: Address | undefined;
  readonly load: LoadOptions;
  readonly host: ServeOptions;
  /** How long a stop goes on accepting; if that is not given, until clients are done. */
  readonly shutdownDelayMs: number | undefined;
  readonly drainTimeoutMs: number;
  /** How long a stop takes at most, if nothing holds the process up. */
  readonly stopTimeoutMs: number;
  readonly logFormat: LogFormat;
  readonly accessLog: 'on' | 'off';
  /** What the operator should know about options. */
  readonly notices: readonly string[];
}

/** What the options mean. Throws `HostError`: `bad-argument` where one is malformed, `not-supported` where it asks for what we cannot do. */
export function toServePlan(file: string, flags: ServeFlags, env: NodeJS.ProcessEnv): ServePlan {
  assertSupported(flags);
  assertPermitted(flags);
  const { wasi, wasm, codegen, optimize, debug } = flags;
  const wasmtime = parseFlags({ S: wasi, W: wasm, C: codegen, O: optimize, D: debug });
  const { engine, isolation, preemption, workers = 0 } = flags;
  const limits = { ...shareAmong(workers), ...wasmtime.limits, ...parseLimits(flags.limit) };
  const cache = wasmtime.cache === undefined ? {} : { cache: wasmtime.cache };
  const host = { ...toHostOptions(flags, wasmtime, env), limits };
  return {
    file,
    address: flags.addr,
    workers,
    stallTimeoutMs: flags.stallTimeout ?? defaultStallTimeout(flags, wasmtime),
    shutdownAddress: flags.shutdownAddr,
    adminAddress: flags.adminAddr,
    load: { engine, isolation, preemption, ...cache, limits },
    host,
    shutdownDelayMs: flags.shutdownDelay,
    drainTimeoutMs: flags.drainTimeout,
    stopTimeoutMs: maxSettlingMs(flags.shutdownDelay) + flags.drainTimeout,
    logFormat: flags.logFormat,
    accessLog: flags.accessLog,
    notices: [...listIgnored(wasmtime), ...listUnwatched(flags), ...listTooLow(host)],
  };
}

function listIgnored({ ignored }: Flags): string[] {
  return ignored.length === 0 ? [] : [`without effect here: ${ignored.join(', ')}`];
}

function listUnwatched({ stallTimeout = 0, workers }: ServeFlags): string[] {
  if (stallTimeout === 0 || workers !== undefined || isPermitted('worker')) return [];
  return [
    "--stall-timeout is without effect: Node's --permission mode lacks --allow-worker, and there is no process above this one (--workers 1)",
  ];
}

/** Guests that are not interrupted may hold the thread for as long as they like. */
function defaultStallTimeout(
  { preemption, cpuTimeout }: ServeFlags,
  { timeoutMs = DEFAULTS.timeoutMs }: Flags,
): number {
  return preemption === 'off' ? 0 : defaultStallTimeoutMs(timeoutMs, cpuTimeout);
}

function toHostOptions(flags: ServeFlags, { inheritEnv, timeoutMs }: Flags, env: NodeJS.ProcessEnv): ServeOptions {
  return {
    env: toGuestEnv({ inherit: inheritEnv, named: flags.env }, env),
    requestHeaders: parseRequestFields(flags.header),
    outbound: parseOutbound(flags.outbound),
    cpuTimeoutMs: flags.cpuTimeout,
    clock: flags.coarseClock === true ? 'coarse' : 'exact',
    graceMs: flags.grace,
    maxConcurrentRequests: flags.maxConcurrentRequests,
    maxQueuedRequests: flags.maxQueuedRequests,
    ...toClientLimits(flags),
    loggingPrefix: flags.loggingPrefix ? 'shown' : 'hidden',
    errorDetail: flags.dev === true ? 'shown' : 'hidden',
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** Whoever gives no pattern has the default policy. Throws `HostError` if one is not a pattern. */
function parseOutbound(patterns: readonly string[]): OutboundPolicy {
  if (patterns.length === 0) return undefined;
  compilePolicy(patterns);
  return patterns;
}

/** Before anything is begun, and of all at once. */
function assertPermitted({ workers = 0 }: ServeFlags): void {
  const needed: readonly Permission[] = workers === 0 ? ['net'] : ['net', 'child'];
  const missing = needed.filter((permission) => !isPermitted(permission));
  if (missing.length === 0) return;
  const what = missing.includes('child') ? `--workers ${workers}` : 'serving';
  throw new HostError('not-supported', `${what}: ${describeMissing(missing)}`);
}

function assertSupported({ dir, maxInstanceReuseCount }: ServeFlags): void {
  if (dir.length > 0) {
    throw new HostError(
      'not-supported',
      `--dir ${dir[0]}: folders cannot be granted to guests yet. A component that imports wasi:filesystem loads and runs ` +
        'without --dir; it sees no folders',
    );
  }
  if (maxInstanceReuseCount !== 1) {
    throw new HostError(
      'not-supported',
      `--max-instance-reuse-count ${maxInstanceReuseCount}: an instance serves one request only, so that no state is shared`,
    );
  }
}
