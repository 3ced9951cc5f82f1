import { boundCompiling, type CompileBounds, type CompileTimes } from '../../rewriter/analyse/compile-bounds.ts';
import { type CoreModule, decodeCoreModule } from '../../rewriter/core-module.ts';
import { KEEP_AFTER_MS } from '../../component/cache/cache.ts';
import type { KeptRewriting } from '../../component/cache/kept-rewriting.ts';
import type { GuestCode } from '../../observe/profile/guest-code.ts';
import { type RewriteOptions, type Rewritten, rewriteModule } from '../../rewriter/rewrite.ts';
import { warnOfBug } from '../../util/bug.ts';
import { HostError } from '../../util/host-error.ts';
import { DEFAULT_LIMITS } from '../../util/limits.ts';

/** A rewritten and compiled core module, with what the rewriter found out about it. Shared by all instances. */
export interface PreparedModule {
  readonly module: WebAssembly.Module;
  /** The rewriter's result without the bytes, which are no longer needed, and the data, whose views would keep them. */
  readonly rewritten: Omit<Rewritten, 'bytes' | 'dataSegments'>;
  /** Only to be used while modules are wired. */
  readonly dataSegments: Rewritten['dataSegments'];
}

/** Rewrites each core module once, with its own options. Modules in `kept` were valid when they were rewritten, and are not rewritten again. */
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

/**
 * Core modules as they are in the component, so that what a debugger knows of them fits: what they write is not tracked, nothing interrupts them, and only
 * their own maxima bound their memories.
 */
export function leaveModules(binaries: readonly Uint8Array[], options: readonly RewriteOptions[]): Rewritten[] {
  return binaries.map((bytes, index) => {
    const found = {
      ...(options[index] as RewriteOptions),
      memory: 'plain',
      preemption: 'off',
      hostFunctions: [],
    } as const;
    return { ...rewriteValid(bytes, found, undefined), bytes };
  });
}

/** Has a profiler know rewritten modules, which get names for it. */
export function nameForProfiler(
  all: readonly Rewritten[],
  originals: readonly Uint8Array[],
  { label, code }: { readonly label: string; readonly code: GuestCode | undefined },
): readonly Rewritten[] {
  if (code === undefined) return all;
  const pairs = all.map(({ bytes }, index) => ({ rewritten: bytes, original: originals[index] as Uint8Array }));
  const named = code.add(label, pairs);
  return all.map((rewritten, index) => ({ ...rewritten, bytes: named[index] as Uint8Array }));
}

/** Compiles the rewritten modules on other threads. */
export async function compileRewritten(all: readonly Rewritten[]): Promise<PreparedModule[]> {
  const preparing = all.map(async ({ bytes, dataSegments, ...rewritten }) => {
    return { module: await compile(bytes), rewritten, dataSegments };
  });
  return await Promise.all(preparing);
}

/**
 * Refuses a module that only rewriting would make valid: an index just beyond the module's own memories or globals would then refer to one of ours,
 * which is shared with other instances. V8 needs 30 ms on all cores for 14 MB.
 */
function rewriteValid(bytes: Uint8Array, options: RewriteOptions, times: CompileTimes | undefined): Rewritten {
  if (WebAssembly.validate(bytes as BufferSource)) return rewriteModule(bytes, options, times);
  const { message } = findComplaint(bytes);
  throw new HostError('bad-component', `a core module is invalid: ${message}; rebuild the component`);
}

/** `undefined` if the module is malformed, which V8 describes better. */
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
  return new Error('V8 gives no reason');
}

async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(bytes as BufferSource).catch((error: unknown) => {
    throw new HostError('bad-component', `a core module does not compile: ${String(error)}`, { cause: error });
  });
}
