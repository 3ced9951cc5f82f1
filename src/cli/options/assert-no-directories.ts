import { HostError } from '../../util/host-error.ts';

/** Throws `HostError` if a guest is to be given directories. */
export function assertNoDirectories(dir: readonly string[] = []): void {
  if (dir.length === 0) return;
  throw new HostError(
    'not-supported',
    `--dir ${dir[0]}: guests cannot be given access to directories yet. A component that imports wasi:filesystem loads and runs ` +
      'without --dir, but sees no directories',
  );
}
