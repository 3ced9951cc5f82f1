import type { CompileBounds } from '../component/rewrite/compile-limits.ts';
import type { RewriteOptions } from '../component/rewrite/rewrite.ts';
import type { InstanceLimits } from '../util/limits.ts';

const PAGE_BYTES = 65_536;

/** What memories and tables may grow to, and V8 may take to compile a function, as the rewriter takes it. */
export function rewriteBounds({
  maxMemoryBytes,
  maxTableElements,
  maxFunctionCompileMs,
  maxFunctionCompileBytes,
}: InstanceLimits): Pick<RewriteOptions, 'maxMemoryPages' | 'maxTableElements'> & CompileBounds {
  const maxMemoryPages = Math.floor(maxMemoryBytes / PAGE_BYTES);
  return { maxMemoryPages, maxTableElements, maxFunctionCompileMs, maxFunctionCompileBytes };
}
