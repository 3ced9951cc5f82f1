import { Latch } from '../io/readiness.ts';
import type { WasiCtx } from './wasi-ctx.ts';

/** Waits for a promise as guests wait: if the request ends before it settles, `abort` is told, and the wait rejects with the request's trap. */
export async function settle<T>(ctx: WasiCtx, promise: Promise<T>, abort?: AbortController): Promise<T> {
  const settled = new Latch();
  const open = (): void => settled.open();
  promise.then(open, open);
  try {
    await ctx.wait([settled]);
  } catch (error) {
    abort?.abort();
    throw error;
  }
  return await promise;
}
