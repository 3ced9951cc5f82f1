import type { CancelReason } from '../wasi/context.ts';
import type { ErrorCode } from '../http/error-code.ts';
import { type FieldEntries, firstValue } from '../http/field-entries.ts';
import type { RequestHead } from '../http/request-head.ts';
import { STATUS_CODES } from 'node:http';

/** A reply of the host itself. */
export interface OwnReply {
  readonly status: number;
  readonly fields: FieldEntries;
  readonly text: string;
}

/** What the client of a failed request is told, beside the status. `reason` only reaches it with `--dev`. */
export interface Failure {
  readonly status: number;
  readonly reason: string;
  /** Seconds, for a client that may try again. */
  readonly retryAfterS?: number;
  /** The limit that was reached, by its name at the command line. */
  readonly limit?: string | undefined;
  /** What the guest trapped with, if it did: the log tells where. */
  readonly trap?: Error | undefined;
}

/** The status for an error code that the guest gives as its answer; all others are 500. */
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

export function statusOf(code: ErrorCode): number {
  return STATUS_BY_CODE[code.tag] ?? 500;
}

export const STATUS_BY_REASON: Readonly<Record<CancelReason, number>> = {
  deadline: 504,
  cpu: 504,
  'client-left': 499,
  'request-broken': 400,
  stopping: 503,
  overloaded: 503,
  held: 500,
  evicted: 503,
  over: 500,
};

/** What the operator reads of requests that are refused so. */
export function describeRefusal({ status, reason }: Failure): string {
  return `refused with ${status}: ${reason}`;
}

/** The page for a browser, one line for everybody else; both with the request's id. */
export function errorReply(head: RequestHead, failure: Failure, requestId: string): OwnReply {
  const title = `${failure.status} ${STATUS_CODES[failure.status] ?? 'Error'}`;
  const wantsHtml = firstValue(head.fields, 'accept')?.includes('text/html') === true;
  const type = wantsHtml ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8';
  const retryAfter = failure.retryAfterS === undefined ? [] : [['retry-after', `${failure.retryAfterS}`] as const];
  return {
    status: failure.status,
    fields: [['content-type', type], ['x-request-id', requestId], ...retryAfter],
    text: wantsHtml ? page(title, failure.reason, requestId) : line(title, failure.reason, requestId),
  };
}

function line(title: string, reason: string, requestId: string): string {
  return `${title}${reason === '' ? '' : `: ${reason}`} (request ${requestId})\n`;
}

function page(title: string, reason: string, requestId: string): string {
  const paragraph = reason === '' ? '' : `<pre>${escapeHtml(reason)}</pre>\n`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escapeHtml(title)}</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }</style>
<h1>${escapeHtml(title)}</h1>
${paragraph}<p>Request <code>${escapeHtml(requestId)}</code></p>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
