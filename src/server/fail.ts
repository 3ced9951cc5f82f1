import { sendErrorReply } from './error-reply.ts';
import { CONSEQUENCES, type Failure, describeRefusal, failureOfThrown, shownReason } from './failure.ts';
import type { ReplyEnd } from './reply.ts';
import type { RequestReport } from './report.ts';
import type { Exchange } from './exchange.ts';
import type { Service } from './service.ts';

/** What a failure has to do with: a request, and who hears of it. */
export interface Failing {
  readonly service: Pick<Service, 'refusals' | 'errorDetail'>;
  readonly exchange: Exchange;
  readonly report: RequestReport;
}

/** Answers a request with a failure, which is counted or logged, and shown to the client or not, as its blame says. */
export function fail(scope: Failing, failure: Failure): ReplyEnd {
  record(scope, failure);
  return send(scope, failure);
}

/** Ends a request because of what was thrown, in whatever phase: says so if no head is sent yet and one can be, else breaks the reply off. Never throws. */
export function giveUp(scope: Failing, thrown: unknown): void {
  const { report } = scope;
  const failure = failureOfThrown(thrown);
  record(scope, failure);
  if (!report.isReplied) report.replied(sendOrAbort(scope, failure));
}

function record({ service, report }: Failing, failure: Failure): void {
  if (CONSEQUENCES[failure.blame].record === 'counted') service.refusals.count(describeRefusal(failure));
  else report.failed(failure);
}

function send({ service, exchange, report }: Failing, failure: Failure): ReplyEnd {
  const { status, retryAfterS } = failure;
  report.status = status;
  const reason = shownReason(failure, service.errorDetail);
  return sendErrorReply(exchange, { status, reason, requestId: report.id, retryAfterS });
}

function sendOrAbort(scope: Failing, failure: Failure): ReplyEnd {
  const { exchange, report } = scope;
  try {
    if (!exchange.reply.isHeadSent) return send(scope, failure);
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
