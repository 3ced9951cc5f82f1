import { type ConfigOf, choice, count, duration, patterns, text } from './option.ts';

/** Options of the command `compare`. */
export const COMPARE_OPTIONS = {
  /** The other server. */
  with: text({
    flag: 'with',
    group: 'Comparing',
    default: undefined,
    help: "the other server: 'wasmtime serve', any command with {file} and {addr}, or the URL of one that runs",
  }),
  /** Options of wasi-serve alone. */
  ourFlags: text({
    flag: 'our-flags',
    group: 'Comparing',
    default: undefined,
    help: "options for wasi-serve alone: '--isolation fresh'",
  }),
  /** Options of both servers. */
  bothFlags: text({
    flag: 'flags',
    group: 'Comparing',
    default: undefined,
    help: "options for both servers: '--env LOG=debug'; in a command they take the place of {flags}",
  }),
  /** How long a server may take until its first reply. */
  startTimeoutMs: duration({
    flag: 'start-timeout',
    group: 'Comparing',
    default: 120_000,
    help: 'how long a server may take until its first reply',
  }),
  /** How long a reply may take. */
  replyTimeoutMs: duration({
    flag: 'reply-timeout',
    group: 'Comparing',
    default: 5000,
    help: 'how long to wait for a reply before the server counts as silent',
  }),
  /** A HAR file, or lines of curl. */
  requestsFile: text({
    flag: 'requests',
    group: 'Requests',
    default: undefined,
    help: 'a HAR file, or a file of curl lines, to send instead of the built-in requests',
  }),
  /** What requests that are about something else ask for. */
  path: text({
    flag: 'path',
    group: 'Requests',
    default: '/',
    help: 'what the load and the built-in requests ask for',
  }),
  /** Fields that may differ. */
  ignoredFields: patterns({
    flag: 'ignore-field',
    group: 'Requests',
    default: undefined,
    help: 'a field of replies that may differ, besides those of framing, the date and the server',
  }),
  /** Concurrent connections of the load. */
  loadConnections: count({
    flag: 'connections',
    group: 'Load',
    default: 16,
    min: 1,
    help: 'concurrent connections, each with one request at a time',
  }),
  /** Of load on each server in each round. */
  loadSeconds: count({
    flag: 'seconds',
    group: 'Load',
    default: 3,
    min: 0,
    help: 'seconds of load on each server in each round; 0 for no load',
  }),
  /** How often the servers take turns. */
  loadRounds: count({
    flag: 'rounds',
    group: 'Load',
    default: 5,
    min: 1,
    help: 'how often the servers take turns; medians of the rounds are compared',
  }),
  /** Seconds of load before the first round. */
  warmUpSeconds: count({
    flag: 'warm-up',
    group: 'Load',
    default: 4,
    min: 0,
    help: 'seconds of load on each server before the first round',
  }),
  /** Of each server, to measure that. */
  starts: count({
    flag: 'starts',
    group: 'Load',
    default: 3,
    min: 0,
    help: 'how often each server is started, with empty caches, to measure that',
  }),
  /** Where results are written as JSON. */
  jsonFile: text({
    flag: 'json',
    group: 'Output',
    default: undefined,
    help: 'write all results as JSON to this file; - for stdout, instead of the text',
  }),
  /** Where a page of HTML is written. */
  reportFile: text({
    flag: 'report',
    group: 'Output',
    default: undefined,
    help: 'write a page of HTML with plots to this file',
  }),
  /** What makes the exit code 1. */
  failOn: choice(['nothing', 'difference'], {
    flag: 'fail-on',
    group: 'Output',
    default: 'nothing',
    help: 'what makes the exit code 1; a difference that is known to be meant does not',
  }),
  /** The least ratio of replies a second. */
  minRatio: text({
    flag: 'min-ratio',
    group: 'Output',
    default: undefined,
    help: 'exit with 1 if wasi-serve has fewer replies a second than this many times those of the other',
  }),
} as const;

/** What the options of `compare` say, with every default filled in. */
export interface CompareConfig extends ConfigOf<typeof COMPARE_OPTIONS> {}
