import type { RewriteOptions } from '../../rewriter/rewrite.ts';
import type { InstanceLimits } from '../../util/limits.ts';

const PAGE_BYTES = 65_536;

/** What memories and tables may grow to, as the rewriter takes it. */
export function rewriteBounds({
  maxMemoryBytes,
  maxTableElements,
}: InstanceLimits): Pick<RewriteOptions, 'maxMemoryPages' | 'maxTableElements'> {
  return { maxMemoryPages: Math.floor(maxMemoryBytes / PAGE_BYTES), maxTableElements };
}
