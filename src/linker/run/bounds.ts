import { PAGE_BYTES } from '../../wasm/page-bytes.ts';
import type { RewriteOptions } from '../../rewriter/rewrite.ts';
import type { InstanceLimits } from '../../util/limits.ts';

/** The maxima of memories and tables, as the rewriter's options. */
export function rewriteBounds({
  maxMemoryBytes,
  maxTableElements,
}: InstanceLimits): Pick<RewriteOptions, 'maxMemoryPages' | 'maxTableElements'> {
  return { maxMemoryPages: Math.floor(maxMemoryBytes / PAGE_BYTES), maxTableElements };
}
