import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import type { LinkedPre } from '../linker/link.ts';
import { HostError } from '../util/host-error.ts';
import { toError } from '../util/to-error.ts';
import { WasiCtx } from '../wasi/wasi-ctx.ts';

/**
 * Why instances of a component cannot be assumed to be restorable.
 *
 * `unrestorable`: it has state that an image cannot capture. `impure-start`: its start calls the host, whose answer may differ for each request; if it
 * is reset all the same, the host is only asked once.
 */
export interface ResetBlocker {
  readonly kind: 'unrestorable' | 'impure-start';
  readonly reason: string;
}

/** How long a start may take. A component that takes longer starts for each request, within the request's time. */
const START_TIMEOUT_MS = 30_000;

/**
 * Inspects the modules, then starts an instance to see what that does. If nothing prevents a reset, the instance can serve the first request.
 *
 * Throws `HostError` if there is no room for one.
 */
export function probeReset(pre: LinkedPre<WasiCtx>): ResetBlocker | LinkedInstance<WasiCtx> {
  const state = pre.unrestorable;
  if (state !== undefined) return { kind: 'unrestorable', reason: state };
  using ctx = new WasiCtx({ cpuTimeoutMs: START_TIMEOUT_MS });
  try {
    const instance = pre.instantiate(ctx);
    const { startCalls } = pre;
    if (startCalls.size === 0) return instance;
    instance.release();
    return { kind: 'impure-start', reason: `its start calls ${[...startCalls].join(', ')}` };
  } catch (error) {
    if (error instanceof HostError) throw error;
    return {
      kind: 'unrestorable',
      reason: `its start fails: ${describe(ctx.cancellation.trap ?? error)}`,
    };
  }
}

function describe(error: unknown): string {
  return toError(error).message;
}
