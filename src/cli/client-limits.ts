import type { Option } from 'commander';
import { type ClientLimits, DEFAULTS } from '../config/options.ts';
import { formatByteCount, parseByteCount, parseCapacity } from './byte-count.ts';
import { parseCountFrom } from './count.ts';
import { formatSeconds, parseTimeout } from './duration.ts';
import { checked, group } from './option.ts';

/** The bounds on clients as commander gives them. */
export interface ClientLimitFlags {
  readonly maxHead: number;
  readonly maxHeaders: number;
  readonly maxTarget: number;
  readonly maxBody: number;
  readonly maxConnections: number;
  readonly headTimeout: number;
  readonly bodyIdleTimeout: number;
  readonly keepAliveTimeout: number;
  readonly writeTimeout: number;
}

export function clientLimitOptions(): Option[] {
  const inGroup = group('Limits on clients:');
  return [
    size(inGroup('--max-head <size>', 'a larger head gets 431'), DEFAULTS.maxHeadBytes),
    count(inGroup('--max-headers <n>', 'more fields get 431'), DEFAULTS.maxHeaders),
    size(inGroup('--max-target <size>', 'a longer target gets 414'), DEFAULTS.maxTargetBytes),
    inGroup('--max-body <size>', 'a larger body gets 413; 0 for no bound')
      .argParser(checked(parseByteCount))
      .default(DEFAULTS.maxBodyBytes, 'none'),
    count(inGroup('--max-connections <n>', 'more are closed when accepted'), DEFAULTS.maxConnections),
    time(inGroup('--head-timeout <time>', 'a head that takes longer gets 408'), DEFAULTS.headTimeoutMs),
    time(inGroup('--body-idle-timeout <time>', 'a body of which nothing comes gets 408'), DEFAULTS.bodyIdleTimeoutMs),
    time(inGroup('--keep-alive-timeout <time>', 'how long idle connections are kept'), DEFAULTS.keepAliveTimeoutMs),
    time(
      inGroup('--write-timeout <time>', 'a client that takes nothing is reset; after 2s where requests wait'),
      DEFAULTS.writeTimeoutMs,
    ),
  ];
}

function size(option: Option, bytes: number): Option {
  return option.argParser(checked(parseCapacity)).default(bytes, formatByteCount(bytes));
}

function count(option: Option, number: number): Option {
  return option.argParser(checked(parseCountFrom(1))).default(number);
}

function time(option: Option, ms: number): Option {
  return option.argParser(checked(parseTimeout)).default(ms, formatSeconds(ms));
}

export function toClientLimits(flags: ClientLimitFlags): ClientLimits {
  return {
    maxHeadBytes: flags.maxHead,
    maxHeaders: flags.maxHeaders,
    maxTargetBytes: flags.maxTarget,
    maxBodyBytes: flags.maxBody,
    maxConnections: flags.maxConnections,
    headTimeoutMs: flags.headTimeout,
    bodyIdleTimeoutMs: flags.bodyIdleTimeout,
    keepAliveTimeoutMs: flags.keepAliveTimeout,
    writeTimeoutMs: flags.writeTimeout,
  };
}
