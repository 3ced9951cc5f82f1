import { BUG_CODE } from '../../src/util/bug.ts';

const bugs: string[] = [];

process.on('warning', (warning: Error & { readonly code?: string; readonly detail?: string }) => {
  if (warning.code === BUG_CODE) bugs.push(warning.detail ?? warning.message);
});

/** The unhandled exceptions that the host has reported since the last call. */
export function takeBugs(): string[] {
  return bugs.splice(0);
}
