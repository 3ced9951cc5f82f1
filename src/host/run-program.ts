import { toDirectoryGrant } from '../config/kinds/directories.ts';
import type { ComponentConfig } from '../config/options.ts';
import { StartFailure, createPool } from '../instance/pool.ts';
import { createOutboundOnDemand } from '../outbound/outbound-on-demand.ts';
import { compilePolicy } from '../outbound/outbound-policy.ts';
import { openBlobStores } from '../state/blobstore/open-blob-stores.ts';
import { openStores } from '../state/keyvalue/open-stores.ts';
import { HeldTotal } from '../util/held-bytes.ts';
import { HostError } from '../util/host-error.ts';
import { DEFAULT_LIMITS } from '../util/limits.ts';
import type { Result } from '../util/result.ts';
import { MAX_TIMER_MS } from '../util/timers.ts';
import { toError } from '../util/to-error.ts';
import { GuestExit } from '../wasi/cli/exit.ts';
import type { CliGrants } from '../wasi/cli/grants.ts';
import { GrantedBlobs } from '../wasi/blobstore/grants.ts';
import { GrantedDirectories } from '../wasi/filesystem/grants.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';
import { createGrant } from './grants.ts';
import type { Component } from './load.ts';

/** How a program ended. */
export type ProgramEnd =
  | { readonly at: 'exited'; readonly code: number }
  | { readonly at: 'trapped'; readonly trap: Error };

/** What a program is run with. */
export interface ProgramOptions {
  readonly config: ComponentConfig;
  /** Its arguments and streams. */
  readonly cli: Omit<CliGrants, 'env'>;
  /** Tells of a bound that it has reached. */
  readonly tell: (what: string) => void;
}

/**
 * Runs a component of `loadCommand` once, in an instance of its own. Rejects with `HostError` if there is no room for it, or if `outbound` has a text that
 * is not a pattern.
 */
export async function runProgram(component: Component, { config, cli, tell }: ProgramOptions): Promise<ProgramEnd> {
  await using outbound = createOutboundOnDemand({ admit: compilePolicy(config.outbound) });
  await using stores = openStores(config);
  await using blobStores = openBlobStores(config);
  const blobs = new GrantedBlobs(blobStores.byName, config.limits.maxTotalOpenBlobs);
  const { heap, onRun } = component;
  const held = new HeldTotal({
    maxBytes: DEFAULT_LIMITS.maxTotalHeldBytes,
    isHeapFull: () => heap.isFull(performance.now()),
  });
  using directories = new GrantedDirectories(config.directories.map(toDirectoryGrant), config.limits);
  const grant = createGrant({
    config,
    sendRequest: outbound.sendRequest,
    directories,
    keyValueStores: stores.byName,
    blobs,
    held,
    tell,
  });
  using pool = createPool(component.createStrategy(), { heap, held, onRun });
  try {
    using lease = pool.lease({ grants: () => ({ ...grant(undefined, undefined), ...cli }) });
    using _deadline = endAfter(config.timeoutMs, lease.ctx);
    lease.begin();
    const result = (await lease.instance.call(lease.ctx, 'wasi:cli/run', 'run', [])) as Result<undefined, undefined>;
    lease.end();
    return { at: 'exited', code: result.tag === 'ok' ? 0 : 1 };
  } catch (error) {
    return toEnd(error);
  } finally {
    await directories.written();
    await blobs.closed();
  }
}

/** Cancels a guest after `timeoutMs`, 0 for never. */
function endAfter(timeoutMs: number, { cancellation }: WasiCtx): Disposable {
  const timer =
    timeoutMs === 0 ? undefined : setTimeout(() => cancellation.cancel('deadline'), Math.min(timeoutMs, MAX_TIMER_MS));
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** A start may exit too. */
function toEnd(thrown: unknown): ProgramEnd {
  if (thrown instanceof HostError) throw thrown;
  const cause = thrown instanceof StartFailure ? thrown.cause : thrown;
  return cause instanceof GuestExit ? { at: 'exited', code: cause.code } : { at: 'trapped', trap: toError(thrown) };
}
