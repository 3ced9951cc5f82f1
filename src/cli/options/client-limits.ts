import type { Option } from 'commander';
import { type ClientLimits, DEFAULTS } from '../../config/options.ts';
import { formatByteCount, parseByteCount, parseCapacity } from './byte-count.ts';
import { parseCountFrom } from './count.ts';
import { formatSeconds, parseDuration, parseTimeout } from './duration.ts';
import { checked, group } from './option.ts';

/** The bounds on clients as commander gives them. */
export interface ClientLimitFlags {
  readonly maxHead: number;
  readonly maxHeaders: number;
  readonly maxTarget: number;
  readonly maxBody: number;
  readonly maxPipelined: number;
  readonly maxConnections: number;
  readonly headTimeout: number;
  readonly bodyTimeout: number;
  readonly bodyIdleTimeout: number;
  readonly minBodyRate: number;
  readonly bodyGrace: number;
  readonly keepAliveTimeout: number;
  readonly writeTimeout: number;
}

export function clientLimitOptions(): Option[] {
  const inGroup = group('Limits on clients:');
  return [
    size(inGroup('--max-head <size>', 'a larger head gets 431'), DEFAULTS.maxHeadBytes),
    count(inGroup('--max-headers <n>', 'more fields get 431'), DEFAULTS.maxHeaders),
    size(inGroup('--max-target <size>', 'a longer target gets 414'), DEFAULTS.maxTargetBytes),
    sizeOrNone(inGroup('--max-body <size>', 'a larger body gets 413; 0 for no bound'), DEFAULTS.maxBodyBytes),
    count(
      inGroup('--max-pipelined <n>', 'requests of a connection before their replies; more have to wait'),
      DEFAULTS.maxPipelined,
    ),
    count(inGroup('--max-connections <n>', 'more are closed when accepted'), DEFAULTS.maxConnections),
    time(inGroup('--head-timeout <time>', 'a head that takes longer gets 408'), DEFAULTS.headTimeoutMs),
    timeOrNone(
      inGroup('--body-timeout <time>', 'a body that takes longer gets 408; 0 for no bound'),
      DEFAULTS.bodyTimeoutMs,
    ),
    time(inGroup('--body-idle-timeout <time>', 'a body of which nothing comes gets 408'), DEFAULTS.bodyIdleTimeoutMs),
    sizeOrNone(
      inGroup(
        '--min-body-rate <size>',
        'bytes a second; while requests wait, the slowest below it get 408; 0 for no bound',
      ),
      DEFAULTS.minBodyRateBytes,
    ),
    time(inGroup('--body-grace <time>', 'how long a client may be slower while requests wait'), DEFAULTS.bodyGraceMs),
    time(inGroup('--keep-alive-timeout <time>', 'how long idle connections are kept'), DEFAULTS.keepAliveTimeoutMs),
    time(
      inGroup('--write-timeout <time>', 'a client that takes nothing for so long is reset'),
      DEFAULTS.writeTimeoutMs,
    ),
  ];
}

function size(option: Option, bytes: number): Option {
  return option.argParser(checked(parseCapacity)).default(bytes, formatByteCount(bytes));
}

function sizeOrNone(option: Option, bytes: number): Option {
  return option.argParser(checked(parseByteCount)).default(bytes, bytes === 0 ? 'none' : formatByteCount(bytes));
}

function count(option: Option, number: number): Option {
  return option.argParser(checked(parseCountFrom(1))).default(number);
}

function time(option: Option, ms: number): Option {
  return option.argParser(checked(parseTimeout)).default(ms, formatSeconds(ms));
}

function timeOrNone(option: Option, ms: number): Option {
  return option.argParser(checked(parseDuration)).default(ms, ms === 0 ? 'none' : formatSeconds(ms));
}

export function toClientLimits(flags: ClientLimitFlags): ClientLimits {
  return {
    maxHeadBytes: flags.maxHead,
    maxHeaders: flags.maxHeaders,
    maxTargetBytes: flags.maxTarget,
    maxBodyBytes: flags.maxBody,
    maxPipelined: flags.maxPipelined,
    maxConnections: flags.maxConnections,
    headTimeoutMs: flags.headTimeout,
    bodyTimeoutMs: flags.bodyTimeout,
    bodyIdleTimeoutMs: flags.bodyIdleTimeout,
    minBodyRateBytes: flags.minBodyRate,
    bodyGraceMs: flags.bodyGrace,
    keepAliveTimeoutMs: flags.keepAliveTimeout,
    writeTimeoutMs: flags.writeTimeout,
  };
}
