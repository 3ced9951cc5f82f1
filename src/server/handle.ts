import { type Answer, callIncomingHandler } from '../instance/incoming-handler.ts';
import { describeErrorCode } from '../wasi/http/error-code.ts';
import { STATUS_BY_REASON, errorReply, statusOf } from './error-reply.ts';
import type { Exchange } from './exchange.ts';
import { RequestReport } from './report.ts';
import { type ReplyEnd, sendOwnReply, sendResponse } from './reply.ts';
import { cancelWhenClientLeaves, withRequestFields } from './request.ts';
import type { Service } from './service.ts';

/**
 * The way of one request: admit, lease, call, reply. Resolves when the guest has returned; never rejects.
 *
 * The reply does not wait for what the guest does after it, the lease and the permit do.
 */
export async function handle(service: Service, exchange: Exchange): Promise<void> {
  const report = new RequestReport(service, exchange.head);
  try {
    using permit = await service.admission.admit(exchange.clientLeft);
    if (permit === undefined) {
      report.replied(refuse(service, exchange, report));
      return;
    }
    using held = new DisposableStack();
    const { grants } = held.use(service.grant(service.inFlight.nextOrdinal()));
    const lease = held.use(service.pool.lease(grants, service.timeoutMs));
    held.use(service.inFlight.enter(lease.ctx));
    held.use(cancelWhenClientLeaves(exchange.clientLeft, lease.ctx, service.graceMs));

    const call = callIncomingHandler(lease, withRequestFields(exchange.head, service, report.id), exchange.body);
    report.replied(await reply(service, exchange, await call.answer, report));
    report.returned(await call.returned);
  } catch (error) {
    exchange.reply.abort();
    report.broke(error);
  }
}

/** Sends the guest's answer, or says why there is none. */
async function reply(service: Service, exchange: Exchange, answer: Answer, report: RequestReport): Promise<ReplyEnd> {
  if (answer.at === 'cancelled') {
    const { reason, message } = answer.trap;
    return fail(service, exchange, { status: STATUS_BY_REASON[reason], reason: message }, report);
  }
  if (answer.at === 'never-set') {
    const reason = 'guest never invoked `response-outparam::set` method';
    return fail(service, exchange, { status: 500, reason }, report);
  }
  const { response } = answer;
  if (response.tag === 'err') {
    const reason = `the guest answered with the error ${describeErrorCode(response.val)}`;
    return fail(service, exchange, { status: statusOf(response.val), reason }, report);
  }
  report.status = response.val.status;
  const end = await sendResponse(exchange, response.val);
  if (end.at !== 'unsendable') return end;
  return fail(service, exchange, { status: 500, reason: end.reason }, report);
}

function refuse(service: Service, exchange: Exchange, report: RequestReport): ReplyEnd {
  const reason = 'the host is busy: too many requests wait already';
  return fail(service, exchange, { status: 503, reason, retryAfterS: 1 }, report);
}

/** A reply of our own; its reason is the operator's, and the client's only where the service shows it. */
function fail(
  { errorDetail }: Service,
  exchange: Exchange,
  failure: { status: number; reason: string; retryAfterS?: number },
  report: RequestReport,
): ReplyEnd {
  report.failed(failure);
  const reason = errorDetail === 'shown' ? failure.reason : '';
  return sendOwnReply(exchange, errorReply(exchange.head, { ...failure, reason }, report.id));
}
