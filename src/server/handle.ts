import { type Answer, callIncomingHandler, guestGaveThreadBack } from '../instance/handlers/incoming-handler.ts';
import { HostError } from '../util/host-error.ts';
import { Cancelled } from '../wasi/context.ts';
import { describeErrorCode } from '../http/error-code.ts';
import { limitOf } from './limit-of.ts';
import { type Failure, STATUS_BY_REASON, describeRefusal, errorReply, statusOf } from './error-reply.ts';
import type { Exchange } from './exchange.ts';
import { GuestHead } from './guest-head.ts';
import { RequestReport } from './report.ts';
import type { OutgoingBytes } from '../http/outgoing-bytes.ts';
import { type ReplyEnd, sendOwnReply, sendResponse } from './reply.ts';
import type { Service } from './service.ts';
import { Visit } from './visit.ts';

/**
 * The way of one request: admit, lease, call, reply. Resolves when the guest has returned; never rejects.
 *
 * The reply does not wait for what the guest does after it, the visit does. All of it in one function, because a guest that waits holds
 * the frame of each that awaits it; without `using`, which costs a microsecond.
 */
export async function handle(service: Service, exchange: Exchange): Promise<void> {
  const report = new RequestReport(service, exchange.head);
  const visit = new Visit(service, exchange);
  try {
    const refusal = exchange.refusal;
    if (refusal !== undefined) return report.replied(refuse(service, exchange, refusal, report));
    if (!exchange.isWhole) await service.turns.next();
    const isAdmitted = await service.admission.admit(exchange);
    if (isAdmitted) visit.admitted();
    const turn = service.pool.turn();
    if (turn !== undefined) await turn;
    if (!isAdmitted || exchange.clientLeft.isReady()) return report.replied(turnAway(service, exchange, report));
    const violation = exchange.violation.failure;
    if (violation !== undefined) return report.replied(refuse(service, exchange, violation, report));

    const lease = visit.lease(report);
    report.cpu = lease.ctx.cpu;
    const call = callIncomingHandler(lease, new GuestHead(exchange.head, service, report), exchange.body);
    await guestGaveThreadBack();
    if (!call.isOver) visit.watch(lease);
    const answer = await call.answer;
    report.replied(await reply(visit, exchange, answer, report));
    const trap = await call.returned;
    if (answer.at !== 'cancelled') report.returned(trap);
  } catch (error) {
    giveUp(service, exchange, report, error);
  } finally {
    leave(visit, report);
  }
}

/** The request ends because of `error`, in whatever phase. Never throws. */
function giveUp(service: Service, exchange: Exchange, report: RequestReport, error: unknown): void {
  const failure = report.isReplied ? undefined : foreseen(error);
  if (failure === undefined) report.broke(error);
  else report.failed(failure);
  if (!report.isReplied) report.replied(breakOff(service, exchange, failure ?? UNFORESEEN, report));
}

const UNFORESEEN: Failure = Object.freeze({ status: 500, reason: 'the host failed' });

/** A reply that waits for its client needs no guest that has returned. */
function outlive(visit: Visit, bytes: OutgoingBytes, report: RequestReport): void {
  try {
    visit.outlive(bytes);
  } catch (error) {
    report.broke(error);
  }
}

function leave(visit: Visit, report: RequestReport): void {
  try {
    visit[Symbol.dispose]();
  } catch (error) {
    report.broke(error);
  }
}

/** Sends the guest's answer, or says why there is none. */
async function reply(visit: Visit, exchange: Exchange, answer: Answer, report: RequestReport): Promise<ReplyEnd> {
  const { service } = visit;
  const violation = exchange.violation.failure;
  if (violation !== undefined) return refuse(service, exchange, violation, report);
  if (answer.at === 'cancelled') return fail(service, exchange, failureOf(answer.trap), report);
  if (answer.at === 'never-set') {
    return fail(service, exchange, neverSet(answer.trap), report);
  }
  const { response, settled, returned } = answer;
  if (response.tag === 'err') {
    const reason = `the guest answered with the error ${describeErrorCode(response.val)}`;
    return fail(service, exchange, { status: statusOf(response.val), reason }, report);
  }
  report.status = response.val.status;
  const onStream = (bytes: OutgoingBytes): void => void returned().then(() => outlive(visit, bytes, report));
  const end = await sendResponse(exchange, response.val, { settled, onStream, turns: service.turns });
  if (end.at !== 'unsendable') return end;
  return fail(service, exchange, { status: 500, reason: end.reason }, report);
}

function neverSet(trap: Error | undefined): Failure {
  const reason = 'guest never invoked `response-outparam::set` method';
  if (trap === undefined) return { status: 500, reason };
  return { status: 500, reason: `${reason}: the guest trapped: ${trap.message}`, limit: limitOf(trap), trap };
}

/** A reply to a request that is the client's fault, who may know what is. The operator learns how many there are. */
function refuse(service: Service, exchange: Exchange, failure: Failure, report: RequestReport): ReplyEnd {
  service.refusals.count(describeRefusal(failure));
  return send(exchange, failure, report);
}

function send(exchange: Exchange, failure: Failure, report: RequestReport): ReplyEnd {
  report.status = failure.status;
  return sendOwnReply(exchange, errorReply(exchange.head, failure, report.id));
}

function turnAway(service: Service, exchange: Exchange, report: RequestReport): ReplyEnd {
  const left = STATUS_BY_REASON['client-left'];
  if (exchange.clientLeft.isReady()) return tell(service, exchange, { status: left, reason: '' }, report);
  const reason = 'the host is busy: too many requests wait already (--max-queued-requests)';
  return fail(service, exchange, { status: 503, reason, retryAfterS: 1, limit: 'max-queued-requests' }, report);
}

function failureOf(trap: Cancelled): Failure {
  const again = trap.reason === 'evicted' ? { retryAfterS: 1 } : {};
  return { status: STATUS_BY_REASON[trap.reason], reason: trap.message, limit: limitOf(trap), ...again };
}

/** Why a guest did not start, where that is known: it took too long, or there is no room for it. */
function foreseen(error: unknown): Failure | undefined {
  if (error instanceof Cancelled) return failureOf(error);
  const isCrowded = error instanceof HostError && error.code === 'overloaded';
  return isCrowded ? { status: 503, reason: error.message, retryAfterS: 1, limit: limitOf(error.cause) } : undefined;
}

/** Says what failed if no head is sent yet and one can be; else breaks the reply off. */
function breakOff(service: Service, exchange: Exchange, failure: Failure, report: RequestReport): ReplyEnd {
  try {
    if (!exchange.reply.isHeadSent) return tell(service, exchange, failure, report);
  } catch (unsent) {
    report.broke(unsent);
  }
  try {
    exchange.reply.abort();
  } catch (unbroken) {
    report.broke(unbroken);
  }
  return { at: 'aborted', byteLength: 0, reason: failure.reason };
}

/** A reply of our own to a failure, which is logged. */
function fail(service: Service, exchange: Exchange, failure: Failure, report: RequestReport): ReplyEnd {
  report.failed(failure);
  return tell(service, exchange, failure, report);
}

/** A reply of our own; its reason is the operator's, and the client's only where the service shows it. */
function tell({ errorDetail }: Service, exchange: Exchange, failure: Failure, report: RequestReport): ReplyEnd {
  return send(exchange, errorDetail === 'shown' ? failure : { ...failure, reason: '' }, report);
}
