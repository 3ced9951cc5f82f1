import { WasiCtx } from '../wasi/context.ts';

/** The context of idle instances, so that they do not keep the last request's context alive. */
export function createIdleContext(): WasiCtx {
  const ctx = new WasiCtx({});
  ctx[Symbol.dispose]();
  return ctx;
}
