import { STATUS_CODES } from 'node:http';
import { firstValue } from '../http/field-entries.ts';
import type { Exchange } from './exchange.ts';
import { LEFT_UNANSWERED, type ReplyEnd } from './reply.ts';
import { NO_BYTES } from '../util/no-bytes.ts';

/** What the client of a failed request is told. */
export interface ErrorPage {
  readonly status: number;
  /** Empty if it is not for the client. */
  readonly reason: string;
  readonly requestId: string;
  /** Seconds, for a client that may try again. */
  readonly retryAfterS: number | undefined;
}

/** Sends a reply of the host's own: a page for a browser, one line for everybody else; both with the request's id. */
export function sendErrorReply({ reply, head, clientLeft }: Exchange, page: ErrorPage): ReplyEnd {
  if (clientLeft.isReady()) return LEFT_UNANSWERED;
  const { status, requestId, retryAfterS } = page;
  const wantsHtml = firstValue(head.fields, 'accept')?.includes('text/html') === true;
  const type = wantsHtml ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8';
  const retryAfter = retryAfterS === undefined ? [] : [['retry-after', `${retryAfterS}`] as const];
  const fields = [['content-type', type] as const, ['x-request-id', requestId] as const, ...retryAfter];
  const body = Buffer.from(wantsHtml ? toHtml(page) : toLine(page));
  if (head.method === 'HEAD') {
    reply.whole({ status, fields, framing: { by: 'absence' } }, NO_BYTES);
    return { at: 'complete', byteLength: 0 };
  }
  reply.whole({ status, fields, framing: { by: 'length', byteLength: body.byteLength } }, body);
  return { at: 'complete', byteLength: body.byteLength };
}

function titleOf({ status }: ErrorPage): string {
  return `${status} ${STATUS_CODES[status] ?? 'Error'}`;
}

function toLine(page: ErrorPage): string {
  const { reason, requestId } = page;
  return `${titleOf(page)}${reason === '' ? '' : `: ${reason}`} (request ${requestId})\n`;
}

function toHtml(page: ErrorPage): string {
  const title = escapeHtml(titleOf(page));
  const paragraph = page.reason === '' ? '' : `<pre>${escapeHtml(page.reason)}</pre>\n`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }</style>
<h1>${title}</h1>
${paragraph}<p>Request <code>${escapeHtml(page.requestId)}</code></p>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
