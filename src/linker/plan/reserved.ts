import type { CoreImportName } from '../../component/core-sections.ts';
import { RESERVED } from '../../rewriter/layout.ts';
import { HostError } from '../../util/host-error.ts';

/** Refuses a core module that imports from the rewriter's own module name, which provides memories shared by all instances. */
export function assertNothingReserved(imports: readonly CoreImportName[]): void {
  if (imports.every(({ module }) => module !== RESERVED)) return;
  throw new HostError(
    'bad-component',
    `a core module imports from "${RESERVED}", which is reserved; rename that import`,
  );
}
