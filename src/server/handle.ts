import { type Answer, type GuestCall, callIncomingHandler } from '../instance/handlers/incoming-handler.ts';
import type { Exchange } from './exchange.ts';
import { fail, giveUp } from './fail.ts';
import { QUEUE_IS_FULL, failureOfAnswer, unsendable } from './failure.ts';
import { GuestHead } from './guest-head.ts';
import { type ReplyEnd, sendResponse } from './reply.ts';
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
    if (!call.isOver) scope.watch(lease);
    const answer = await call.answer;
    report.replied(await reply(scope, call, answer));
    const trap = await call.returned;
    if (trap !== undefined && answer.at !== 'cancelled') report.trapped(trap);
  } catch (error) {
    giveUp(scope, error);
  } finally {
    scope[Symbol.dispose]();
  }
}

/** Sends the guest's answer, or says why there is none. */
async function reply(scope: RequestScope, call: GuestCall, answer: Answer): Promise<ReplyEnd> {
  const { exchange, report, service } = scope;
  const violation = exchange.violation.failure;
  if (violation !== undefined) return fail(scope, violation);
  if (answer.at !== 'set') return fail(scope, failureOfAnswer(answer));
  report.status = answer.response.status;
  const end = await sendResponse(exchange, answer.response, {
    settled: () => call.settled(),
    onStream: (bytes) => void call.returned.then(() => scope.outlive(bytes)),
    turns: service.loop.longReplies,
  });
  return end.at === 'unsendable' ? fail(scope, unsendable(end.reason)) : end;
}
