import { sendErrorReply } from './error-reply.ts';
import { CONSEQUENCES, type Failure, describeRefusal, failureOfThrown, shownReason } from './failure.ts';
import type { ReplyEnd } from './reply.ts';
import type { RequestReport } from './report.ts';
import type { Exchange } from './exchange.ts';
import type { Service } from './service.ts';

/** A request and where its failures go: the log, the counts of refusals, the client. */
export interface ReportedRequest {
  readonly service: Pick<Service, 'refusals' | 'errorDetail'>;
  readonly exchange: Exchange;
  readonly report: RequestReport;
}

/** Answers a request with a failure, which is counted or logged, and shown to the client or not, as its blame says. */
export function fail(request: ReportedRequest, failure: Failure): ReplyEnd {
  record(request, failure);
  return send(request, failure);
}

/** Ends a request because of what was thrown, in whatever phase: says so if no head is sent yet and one can be, else breaks the reply off. Never throws. */
export function giveUp(request: ReportedRequest, thrown: unknown): void {
  const { report } = request;
  const failure = failureOfThrown(thrown);
  record(request, failure);
  if (!report.isReplied) report.replied(sendOrAbort(request, failure));
}

function record({ service, report }: ReportedRequest, failure: Failure): void {
  if (CONSEQUENCES[failure.blame].record === 'counted') service.refusals.count(describeRefusal(failure));
  else report.failed(failure);
}

function send({ service, exchange, report }: ReportedRequest, failure: Failure): ReplyEnd {
  const { status, retryAfterS } = failure;
  report.status = status;
  const reason = shownReason(failure, service.errorDetail);
  return sendErrorReply(exchange, { status, reason, requestId: report.id, retryAfterS });
}

function sendOrAbort(request: ReportedRequest, failure: Failure): ReplyEnd {
  const { exchange, report } = request;
  try {
    if (!exchange.reply.isHeadSent) return send(request, failure);
  } catch (unsent) {
    report.failed(failureOfThrown(unsent));
  }
  try {
    exchange.reply.abort();
  } catch (unbroken) {
    report.failed(failureOfThrown(unbroken));
  }
  return { at: 'aborted', byteLength: 0, reason: failure.reason, blame: failure.blame };
}
