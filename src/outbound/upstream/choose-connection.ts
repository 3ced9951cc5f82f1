import { setImmediate as nextTurn } from 'node:timers/promises';
import { isIdempotent } from '../../http/is-idempotent.ts';
import type { OutboundRequest } from '../send-request.ts';
import type { ConnectRequest } from './connect-upstream.ts';
import type { UpstreamConnection } from './connection.ts';
import { MAX_KEPT_BYTES } from './request-body.ts';
import type { UpstreamPool } from './upstream-pool.ts';

/**
 * Chooses a kept connection for a request; `undefined` if the request needs a new one.
 *
 * An upstream may close a kept connection while a request is on its way, and then nothing tells whether it was read. So a request that cannot be
 * repeated only uses a kept connection that is certain to stay open. Source: RFC 9112, 9.3.1.
 */
export async function chooseConnection(
  pool: UpstreamPool,
  { target: { key }, signal }: ConnectRequest,
  request: OutboundRequest,
): Promise<UpstreamConnection | undefined> {
  if (!pool.hasIdle(key)) return undefined;
  if (isRepeatable(request)) return pool.take(key);
  // A close that has already reached the kernel is seen when the event loop polls: between the next turn and the one after.
  await nextTurn();
  await nextTurn();
  return signal.aborted ? undefined : pool.takeTrusted(key);
}

/** Whether a request may be sent twice, and its body can be sent again. */
function isRepeatable({ method, body }: OutboundRequest): boolean {
  if (!isIdempotent(method) || body === undefined) return isIdempotent(method);
  if (body.contentLength !== undefined) return body.contentLength <= MAX_KEPT_BYTES;
  // A body that is still being written is assumed to be empty or short, except for PUT.
  return body.isWhole ? body.queuedBytes <= MAX_KEPT_BYTES : method !== 'PUT';
}
