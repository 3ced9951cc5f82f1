import { type Answer, type GuestCall, callIncomingHandler } from '../instance/handlers/incoming-handler.ts';
import type { Exchange } from './exchange.ts';
import { fail, giveUp } from './fail.ts';
import { QUEUE_IS_FULL, failureOfAnswer, unsendable } from './failure.ts';
import { GuestHead } from './guest-head.ts';
import type { OutgoingResponse } from '../wasi/http/outgoing.ts';
import { type ReplyEnd, sendIfWhole, sendInPieces } from './reply.ts';
import { RequestScope } from './request-scope.ts';
import type { Service } from './service.ts';

/**
 * The way of one request: admit, lease, call, reply. Resolves when the guest has returned; never rejects.
 *
 * The reply does not wait for what the guest does after it, the scope does. All of it in one function, because a guest that waits holds
 * the frame of each that awaits it; without `using`, which costs a microsecond.
 */
export async function handle(service: Service, exchange: Exchange): Promise<void> {
  const scope = new RequestScope(service, exchange);
  const { report } = scope;
  try {
    if (exchange.refusal !== undefined) return report.replied(fail(scope, exchange.refusal));
    const admitted = service.admission.admit(exchange);
    const isAdmitted = typeof admitted === 'boolean' ? admitted : await admitted;
    if (isAdmitted) scope.admitted();
    if (exchange.clientLeft.isReady()) return report.leftUnanswered();
    const obstacle = isAdmitted ? exchange.violation.failure : QUEUE_IS_FULL;
    if (obstacle !== undefined) return report.replied(fail(scope, obstacle));

    const lease = scope.lease();
    const call = callIncomingHandler(lease, new GuestHead(scope), exchange.body);
    await call.returnedOrWaiting();
    if (call.end === undefined) scope.watch(lease);
    const answer = call.answer ?? (await call.answered);
    const end = reply(scope, call, answer);
    report.replied('at' in end ? end : await end);
    const { trap } = call.end ?? (await call.returned);
    if (trap !== undefined && answer.at !== 'cancelled') report.trapped(trap);
  } catch (error) {
    giveUp(scope, error);
  } finally {
    scope[Symbol.dispose]();
  }
}

/** Sends the guest's answer, immediately if it is whole, or says why there is none. */
function reply(scope: RequestScope, call: GuestCall, answer: Answer): ReplyEnd | Promise<ReplyEnd> {
  const violation = scope.exchange.violation.failure;
  if (violation !== undefined) return fail(scope, violation);
  if (answer.at !== 'set') return fail(scope, failureOfAnswer(answer));
  const { response } = answer;
  scope.report.status = response.status;
  return replyIfWhole(scope, response) ?? replyInPieces(scope, call, response);
}

function replyIfWhole(scope: RequestScope, response: OutgoingResponse): ReplyEnd | undefined {
  const end = sendIfWhole(scope.exchange, response);
  return end?.at === 'unsendable' ? fail(scope, unsendable(end.reason)) : end;
}

/** Sends the head when the guest has given the thread back, then the body as the guest writes it. */
async function replyInPieces(scope: RequestScope, call: GuestCall, response: OutgoingResponse): Promise<ReplyEnd> {
  const { exchange, service } = scope;
  if (response.bytes?.isWhole === false) await call.settled();
  const end = replyIfWhole(scope, response);
  if (end !== undefined) return end;
  return sendInPieces(exchange, response, {
    onStream: (bytes) => void call.returned.then(() => scope.outlive(bytes)),
    turns: service.loop.longReplies,
  });
}
