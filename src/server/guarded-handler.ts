import { Cancelled } from '../wasi/cancellation.ts';
import type { Exchange } from './exchange.ts';
import { type ReportedRequest, fail, giveUp } from './fail.ts';
import type { Failure } from './failure.ts';
import { HandledExchange } from './handled-exchange.ts';
import type { Handler, MountedHandler } from './handler.ts';
import { type Cancellable, InFlight } from './in-flight.ts';
import { RequestReport } from './report.ts';
import type { Commons } from './service.ts';
import { toError } from '../util/to-error.ts';

/** Answers a request with a failure; with its refusal, if it is refused anyway. */
export function answerWith(commons: Commons, exchange: Exchange, failure: Failure): void {
  const request = toReported(commons, 'host', exchange);
  try {
    request.report.replied(fail(request, exchange.refusal ?? failure));
  } catch (error) {
    giveUp(request, error);
  } finally {
    exchange[Symbol.dispose]();
  }
}

/**
 * Protects the host from an embedder's handler: what the handler throws ends one request, and when the host's time to finish is over, the requests
 * that are not over are broken off. It sees no request that is refused. Its requests are logged, and so is what its other methods throw.
 */
export function createGuardedHandler(handler: Handler, commons: Commons): MountedHandler {
  const inFlight = new InFlight();
  const { label = 'handler' } = handler;
  const attempt = async <Value>(what: string, call: () => Value): Promise<Awaited<Value> | undefined> => {
    try {
      return await call();
    } catch (error) {
      commons.log({ at: 'notice', level: 'error', message: `${what} of ${label} failed: ${toError(error).message}` });
      return undefined;
    }
  };
  return {
    label,
    answer: (exchange) => void answerSafely(handler, toReported(commons, label, exchange), inFlight),
    drain: async (timeoutMs) => {
      const own = attempt('drain', async () => (await handler.drain?.(timeoutMs)) ?? 0);
      return Math.max((await own) ?? 0, await inFlight.drain(timeoutMs));
    },
    get load() {
      return handler.load ?? NO_LOAD;
    },
    listening: () => void attempt('listening', () => handler.listening?.()),
    [Symbol.asyncDispose]: async () => await attempt('asyncDispose', () => handler[Symbol.asyncDispose]?.()),
  };
}

const NO_LOAD = Object.freeze({ keptInstances: 0, keptBytes: 0 });

function toReported({ log, ids, refusals }: Commons, label: string, exchange: Exchange): ReportedRequest {
  const report = new RequestReport({ label, instance: 'none', log, ids }, exchange.head);
  return { service: { refusals, errorDetail: 'hidden' }, exchange, report };
}

async function answerSafely(handler: Handler, request: ReportedRequest, inFlight: InFlight): Promise<void> {
  inFlight.arrive();
  try {
    await answer(handler, request, inFlight);
  } catch (error) {
    giveUp(request, error);
  } finally {
    request.exchange[Symbol.dispose]();
    inFlight.leave();
  }
}

async function answer(handler: Handler, request: ReportedRequest, inFlight: InFlight): Promise<void> {
  const { exchange, report } = request;
  if (exchange.refusal !== undefined) return report.replied(fail(request, exchange.refusal));
  const answering = handler.answer(new HandledExchange(exchange, report));
  if (answering !== undefined) await untilCancelled(answering, inFlight);
  if (report.isReplied) return;
  if (exchange.clientLeft.isReady()) report.leftUnanswered();
  else throw new Error('its handler has returned without a whole reply');
}

/** Rejects when the host's time to finish is over. */
async function untilCancelled(answering: Promise<void>, inFlight: InFlight): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const waiting: Cancellable = {
    leftMs: Infinity,
    cancellation: { cancel: (reason) => reject(new Cancelled(reason)) },
  };
  inFlight.add(waiting);
  try {
    await Promise.race([answering, promise]);
  } finally {
    inFlight.remove(waiting);
  }
}
