import { type ConfigOf, type OptionsOf, count, duration, networks, size } from './option.ts';

/** How a port treats its clients. */
export const LISTENER_OPTIONS = {
  /**
   * Trusted proxies, as addresses and networks. For a request from one of them the last `x-forwarded-proto` is the scheme and the last `x-forwarded-host`
   * the authority, for routes too, and `x-forwarded-for` is passed on unchanged. `x-forwarded-*` and `forwarded` are removed from all other requests.
   * Default: none; then these fields are passed on from every client, and trusted from none.
   */
  trustProxy: networks({
    flag: 'trust-proxy',
    group: 'Serving',
    default: [],
    help: 'an address or network whose x-forwarded-proto and -host are trusted; x-forwarded-* of all others are removed',
  }),
  /** The request line and all fields, in bytes. Beyond: 431. Default 16 KiB. */
  maxHeadBytes: size({
    flag: 'max-head',
    group: 'Limits on clients',
    default: 16 * 1024,
    help: 'a larger head gets 431',
  }),
  /** Fields of a request, and of its trailers. Beyond: 431. Default 100. */
  maxHeaders: count({
    flag: 'max-headers',
    group: 'Limits on clients',
    default: 100,
    min: 1,
    help: 'more fields get 431',
  }),
  /** The target in the request line, in bytes. Beyond: 414. Default 8 KiB. */
  maxTargetBytes: size({
    flag: 'max-target',
    group: 'Limits on clients',
    default: 8 * 1024,
    help: 'a longer target gets 414',
  }),
  /** The body of a request, in bytes, 0 for no bound. Beyond: 413. Default 0. */
  maxBodyBytes: size({
    flag: 'max-body',
    group: 'Limits on clients',
    default: 0,
    zero: 'no limit',
    help: 'a larger body gets 413',
  }),
  /** Unanswered requests of one connection; they are served one after the other. Beyond: nothing more is read until one is answered. Default 32. */
  maxPipelined: count({
    flag: 'max-pipelined',
    group: 'Limits on clients',
    default: 32,
    min: 1,
    help: 'unanswered requests of a connection; more have to wait',
  }),
  /** Open connections of a port. Beyond: closed when accepted. Default 10,000. */
  maxConnections: count({
    flag: 'max-connections',
    wasmtimeFlag: 'max-concurrent-connections',
    group: 'Limits on clients',
    default: 10_000,
    min: 1,
    help: 'open connections of each port; more are closed when accepted',
  }),
  /** How long a client may take to send a head, in ms, checked once a second. Then 408. Default 10,000. */
  headTimeoutMs: duration({
    flag: 'head-timeout',
    group: 'Limits on clients',
    default: 10_000,
    help: 'a head that takes longer gets 408',
  }),
  /** How long a client may take to send a body, in ms, 0 for no limit, checked once a second. Then 408, or a reset once the reply has begun. Default 0. */
  bodyTimeoutMs: duration({
    flag: 'body-timeout',
    group: 'Limits on clients',
    default: 0,
    zero: 'no limit',
    help: 'a body that takes longer gets 408',
  }),
  /** How long a client may send nothing of a body for which the guest waits, in ms, checked once a second. Then the same. Default 30,000. */
  bodyIdleTimeoutMs: duration({
    flag: 'body-idle-timeout',
    group: 'Limits on clients',
    default: 30_000,
    help: 'a body that stops arriving for this long gets 408',
  }),
  /**
   * While requests are queued: how many bytes per second a client must send of a body for which its guest waits, and must take of its reply. Of those that
   * are slower, the slowest get 408, or a reset once the reply has begun. 0: no limit. Default 500, as in Apache's `mod_reqtimeout`: less than any link
   * provides.
   */
  minBodyRateBytes: size({
    flag: 'min-body-rate',
    group: 'Limits on clients',
    default: 500,
    zero: 'no limit',
    help: 'bytes per second; while requests are queued, the slowest clients below it get 408',
  }),
  /** How long a client may be slower than that while requests are queued, in ms. Default 300. */
  bodyGraceMs: duration({
    flag: 'body-grace',
    group: 'Limits on clients',
    default: 300,
    help: 'how long a client may be slower while requests are queued',
  }),
  /** How long a connection is kept for another request, in ms. Default 5000. */
  keepAliveTimeoutMs: duration({
    flag: 'keep-alive-timeout',
    group: 'Limits on clients',
    default: 5000,
    help: 'how long idle connections are kept',
  }),
  /** How long a client may take nothing of what is ready to be sent, in ms, checked once a second. Then a reset. Default 30,000. */
  writeTimeoutMs: duration({
    flag: 'write-timeout',
    group: 'Limits on clients',
    default: 30_000,
    help: 'a client that takes nothing for this long is reset',
  }),
} as const;

/** Limits on what a client may send and how long it may take, and how else a port accepts requests. Sizes in bytes, times in milliseconds. */
export interface ClientLimits extends ConfigOf<typeof LISTENER_OPTIONS> {}

/** How a port accepts requests. Sizes in bytes, times in milliseconds. */
export interface ListenerOptions extends OptionsOf<typeof LISTENER_OPTIONS> {}
