import type { KeptRewriting } from '../component/rewrite/kept.ts';
import { type RewriteOptions, type Rewritten, rewriteModule } from '../component/rewrite/rewrite.ts';
import { HostError } from '../util/host-error.ts';

/** A core module, rewritten and compiled, and what the rewriter says of it. Shared by all instances. */
export interface PreparedModule {
  readonly module: WebAssembly.Module;
  readonly rewritten: Rewritten;
}

/** Rewrites and compiles each core module once. What `kept` holds was valid when it was rewritten, and is not rewritten again. */
export async function prepareModules(
  binaries: readonly Uint8Array[],
  options: RewriteOptions,
  kept?: KeptRewriting,
): Promise<PreparedModule[]> {
  const found = await kept?.get(binaries);
  const preparing = binaries.map(async (bytes, index) => {
    const rewritten = found?.[index] ?? rewriteValid(bytes, options);
    return { module: await compile(rewritten.bytes), rewritten };
  });
  const prepared = await Promise.all(preparing);
  if (kept !== undefined && found === undefined) keepLater(kept, binaries, prepared);
  return prepared;
}

/** Not in the way of the first requests. A process that ends before keeps nothing. */
const KEEP_AFTER_MS = 2000;

function keepLater(kept: KeptRewriting, binaries: readonly Uint8Array[], prepared: readonly PreparedModule[]): void {
  const pairs = prepared.map(({ rewritten }, index) => [binaries[index] as Uint8Array, rewritten] as const);
  setTimeout(() => void kept.put(pairs), KEEP_AFTER_MS).unref();
}

/**
 * Refuses what only rewriting would make valid: an index just beyond the module's own memories or globals, which would
 * then be one of ours, shared with other instances. Takes V8, on all cores, 30 ms for 14 MB.
 */
function rewriteValid(bytes: Uint8Array, options: RewriteOptions): Rewritten {
  if (WebAssembly.validate(bytes as BufferSource)) return rewriteModule(bytes, options);
  const { message } = findComplaint(bytes);
  throw new HostError('bad-component', `a core module is not valid: ${message}; build the component again`);
}

function findComplaint(bytes: Uint8Array): Error {
  try {
    void new WebAssembly.Module(bytes as BufferSource);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return new Error('V8 does not say why');
}

async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(bytes as BufferSource).catch((error: unknown) => {
    throw new HostError('bad-component', `a core module does not compile: ${String(error)}`, { cause: error });
  });
}
