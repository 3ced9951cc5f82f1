import type { WasiCtx } from '../wasi/context.ts';
import type { RequestHead } from '../wasi/http/incoming.ts';
import type { Readiness } from '../wasi/io/readiness.ts';
import type { Service } from './service.ts';

/** The head as the guest sees it: the operator's fields in place of the client's, and the request's id. */
export function withRequestFields(head: RequestHead, { requestFields }: Service, id: string): RequestHead {
  const fields = head.fields.filter(
    ([name]) => name !== 'x-request-id' && !requestFields.some(([replaced]) => replaced === name),
  );
  fields.push(['x-request-id', id], ...requestFields);
  return { ...head, fields };
}

/** Cancels the guest `graceMs` after its client left. Disposing stops the watch. */
export function cancelWhenClientLeaves(clientLeft: Readiness, ctx: WasiCtx, graceMs: number): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const stopListening = clientLeft.onReady(() => {
    if (!clientLeft.isReady()) return;
    timer = setTimeout(() => ctx.cancellation.cancel('client-left'), graceMs);
  });
  return {
    [Symbol.dispose]: () => {
      stopListening();
      clearTimeout(timer);
    },
  };
}
