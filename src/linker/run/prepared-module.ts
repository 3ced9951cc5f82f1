import { boundCompiling, type CompileBounds, type CompileTimes } from '../../rewriter/analyse/compile-bounds.ts';
import { type CoreModule, decodeCoreModule } from '../../rewriter/core-module.ts';
import type { KeptRewriting } from '../../component/kept.ts';
import { type RewriteOptions, type Rewritten, rewriteModule } from '../../rewriter/rewrite.ts';
import { warnOfBug } from '../../util/bug.ts';
import { HostError } from '../../util/host-error.ts';
import { DEFAULT_LIMITS } from '../../util/limits.ts';

/** A core module, rewritten and compiled, and what the rewriter says of it. Shared by all instances. */
export interface PreparedModule {
  readonly module: WebAssembly.Module;
  /** Without its bytes, which nobody needs again. */
  readonly rewritten: Omit<Rewritten, 'bytes'>;
}

/** Rewrites each core module once, each with options of its own. What `kept` holds was valid when it was rewritten, and is not rewritten again. */
export async function rewriteModules(
  binaries: readonly Uint8Array[],
  options: readonly RewriteOptions[],
  kept?: KeptRewriting,
  bounds: CompileBounds = DEFAULT_LIMITS,
): Promise<Rewritten[]> {
  const found = await kept?.get(binaries);
  if (found !== undefined) return found;
  const costs = boundCompiling(binaries.map(decodeIfWellFormed), bounds);
  const pairs = binaries.map((bytes, index) => {
    return [bytes, rewriteValid(bytes, options[index] as RewriteOptions, costs[index])] as const;
  });
  if (kept !== undefined) setTimeout(() => void kept.put(pairs).catch(warnOfBug), KEEP_AFTER_MS).unref();
  return pairs.map(([, rewritten]) => rewritten);
}

/** Not in the way of the first requests. A process that ends before keeps nothing. */
const KEEP_AFTER_MS = 1000;

/** Compiles what was rewritten, on other threads. */
export async function compileRewritten(all: readonly Rewritten[]): Promise<PreparedModule[]> {
  const preparing = all.map(async ({ bytes, ...rewritten }) => ({ module: await compile(bytes), rewritten }));
  return await Promise.all(preparing);
}

/**
 * Refuses what only rewriting would make valid: an index just beyond the module's own memories or globals, which would
 * then be one of ours, shared with other instances. Takes V8, on all cores, 30 ms for 14 MB.
 */
function rewriteValid(bytes: Uint8Array, options: RewriteOptions, times: CompileTimes | undefined): Rewritten {
  if (WebAssembly.validate(bytes as BufferSource)) return rewriteModule(bytes, options, times);
  const { message } = findComplaint(bytes);
  throw new HostError('bad-component', `a core module is not valid: ${message}; build the component again`);
}

/** What is malformed V8 knows to describe. */
function decodeIfWellFormed(bytes: Uint8Array): CoreModule | undefined {
  try {
    return decodeCoreModule(bytes);
  } catch (error) {
    if (error instanceof HostError && error.code === 'bad-component') return undefined;
    throw error;
  }
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
