import type { Answer } from '../instance/handlers/incoming-handler.ts';
import { StartFailure } from '../instance/pool.ts';
import { type ErrorCode, describeErrorCode } from '../http/error-code.ts';
import { HostError } from '../util/host-error.ts';
import { toLimitName } from '../util/limits.ts';
import { toError } from '../util/to-error.ts';
import { LimitExceeded } from '../util/trap.ts';
import { type CancelReason, Cancelled } from '../wasi/cancellation.ts';

/** Whose fault it is that a request failed. */
export type Blame = 'client' | 'guest' | 'host';

/** Why a request gets no reply of a guest, or none that is complete. Plain data: `fail` does what follows from it. */
export interface Failure {
  readonly blame: Blame;
  readonly status: number;
  /** Written for the operator: it may name an option, as ` (--max-body)`. */
  readonly reason: string;
  /** Seconds, for a client that may try again. */
  readonly retryAfterS?: number;
  /** The limit that was reached, by its name at the command line. */
  readonly limit?: string | undefined;
  /** What was thrown. Its stack is logged. */
  readonly cause?: Error | undefined;
}

/** What follows from the blame. */
interface Consequences {
  /** `logged`: a line for each failure. `counted`: a line for the first, then how many there were, since clients may cause any number. */
  readonly record: 'counted' | 'logged';
  /** Whether the client reads the reason: always, or only if the service shows details (`--dev`). */
  readonly shown: 'always' | 'with-details';
}

export const CONSEQUENCES: Readonly<Record<Blame, Consequences>> = {
  client: { record: 'counted', shown: 'always' },
  guest: { record: 'logged', shown: 'with-details' },
  host: { record: 'logged', shown: 'with-details' },
};

/** How a reason names the option that sets what was exceeded. */
const OPTION = / \(--[^)]*\)/g;

/** What the client reads of the reason; options are the operator's. */
export function shownReason({ blame, reason }: Failure, errorDetail: 'hidden' | 'shown'): string {
  const isShown = CONSEQUENCES[blame].shown === 'always' || errorDetail === 'shown';
  return isShown ? reason.replaceAll(OPTION, '') : '';
}

/** What the operator reads of failures that are counted. */
export function describeRefusal({ status, reason }: Failure): string {
  return `refused with ${status}: ${reason}`;
}

/** The client broke a rule for its request. */
export function clientFault(status: number, reason: string): Failure {
  return { blame: 'client', status, reason };
}

/** No handler is mounted for the request's host and path. */
export const NO_ROUTE: Failure = Object.freeze(clientFault(404, 'there is no route for the request'));

/** Too many requests are queued. */
export const QUEUE_IS_FULL: Failure = Object.freeze({
  blame: 'host',
  status: 503,
  reason: 'the host is busy: too many requests are queued (--max-queued-requests)',
  retryAfterS: 1,
  limit: 'max-queued-requests',
});

/** Why there is nothing of the guest to send. */
export function failureOfAnswer(answer: Exclude<Answer, { readonly at: 'set' }>): Failure {
  if (answer.at === 'error-code') return errorCodeSet(answer.code);
  if (answer.at === 'trapped') return trapped(answer.trap);
  if (answer.at === 'cancelled') return cancelled(answer.trap);
  return { blame: 'guest', status: 500, reason: NEVER_SET };
}

/** Source: `wasmtime serve` says the same. */
const NEVER_SET = 'guest never invoked `response-outparam::set` method';

function errorCodeSet(code: ErrorCode): Failure {
  const reason = `the guest answered with the error ${describeErrorCode(code)}`;
  return { blame: 'guest', status: STATUS_BY_CODE[code.tag] ?? 500, reason };
}

/** The guest trapped before it set an answer. */
function trapped(trap: Error): Failure {
  return failureOfTrap(trap, `${NEVER_SET}: the guest trapped: ${trap.message}`);
}

/** The host ended the guest. */
function cancelled(trap: Cancelled): Failure {
  const { blame, status, retryAfterS } = FAILURE_BY_REASON[trap.reason];
  return { blame, status, reason: trap.message, limit: limitOf(trap), ...(retryAfterS && { retryAfterS }) };
}

/** The response that the guest set cannot be sent. */
export function unsendable(reason: string): Failure {
  return { blame: 'guest', status: 500, reason };
}

/** The guest did not return properly after it had set its answer. */
export function trappedLater(trap: Error): Failure {
  if (trap instanceof Cancelled) return cancelled(trap);
  return failureOfTrap(trap, `the guest trapped: ${trap.message}`);
}

function failureOfTrap(trap: Error, reason: string): Failure {
  return { blame: 'guest', status: 500, reason, limit: limitOf(trap), cause: trap };
}

/** The reply was broken off after its head. */
export function brokenOff({ blame, reason }: Pick<Failure, 'blame' | 'reason'>): Failure {
  return { blame, status: 500, reason: `the reply was broken off: ${reason}` };
}

/** The failure for what was thrown while a request was processed: there was no time or room for its guest, the guest did not start, or something unexpected. */
export function failureOfThrown(thrown: unknown): Failure {
  if (thrown instanceof Cancelled) return cancelled(thrown);
  const error = toError(thrown);
  const limit = limitOf(error) ?? limitOf(error.cause);
  if (error instanceof HostError && error.code === 'overloaded') {
    return { blame: 'host', status: 503, reason: error.message, retryAfterS: 1, limit };
  }
  const blame = error instanceof StartFailure ? 'guest' : 'host';
  return { blame, status: 500, reason: error.message, limit, cause: error };
}

/** The status for an error code that the guest sets as its answer; all others are 500. */
const STATUS_BY_CODE: Readonly<Partial<Record<ErrorCode['tag'], number>>> = {
  'HTTP-request-denied': 403,
  'destination-IP-prohibited': 403,
  'loop-detected': 508,
  'DNS-timeout': 504,
  'connection-timeout': 504,
  'connection-read-timeout': 504,
  'connection-write-timeout': 504,
  'HTTP-response-timeout': 504,
  'DNS-error': 502,
  'destination-not-found': 502,
  'destination-unavailable': 502,
  'destination-IP-unroutable': 502,
  'connection-refused': 502,
  'connection-terminated': 502,
  'connection-limit-reached': 502,
  'TLS-protocol-error': 502,
  'TLS-certificate-error': 502,
  'TLS-alert-received': 502,
  'HTTP-response-incomplete': 502,
  'HTTP-request-body-size': 413,
  'HTTP-request-URI-too-long': 414,
  'HTTP-request-header-section-size': 431,
  'HTTP-request-header-size': 431,
};

/** The status of a request whose client left before there was a reply, for the log. Source: nginx's "client closed request". */
export const CLIENT_LEFT_STATUS = 499;

const FAILURE_BY_REASON: Readonly<Record<CancelReason, Pick<Failure, 'blame' | 'status' | 'retryAfterS'>>> = {
  deadline: { blame: 'guest', status: 504 },
  cpu: { blame: 'guest', status: 504 },
  'client-left': { blame: 'guest', status: CLIENT_LEFT_STATUS },
  'request-broken': { blame: 'client', status: 400 },
  stopping: { blame: 'host', status: 503 },
  overloaded: { blame: 'host', status: 503, retryAfterS: 1 },
  held: { blame: 'guest', status: 500 },
  evicted: { blame: 'guest', status: 503, retryAfterS: 1 },
  over: { blame: 'host', status: 500 },
};

/** The options that bound what a request may take: its time, and what it has the host hold. */
const LIMIT_BY_REASON: Readonly<Partial<Record<CancelReason, string>>> = {
  deadline: 'timeout',
  cpu: 'cpu-timeout',
  held: toLimitName('maxHeldBytes'),
  evicted: toLimitName('maxTotalHeldBytes'),
};

/** The limit that ended a guest so, by its name at the command line; `undefined` if none did. */
function limitOf(thrown: unknown): string | undefined {
  if (thrown instanceof LimitExceeded) return toLimitName(thrown.limit);
  return thrown instanceof Cancelled ? LIMIT_BY_REASON[thrown.reason] : undefined;
}
