import { WasiCtx } from '../wasi/context.ts';

/** The context of instances that work for no request, so that they keep nothing alive of the last one's. */
export function createNobody(): WasiCtx {
  const ctx = new WasiCtx({});
  ctx[Symbol.dispose]();
  return ctx;
}
