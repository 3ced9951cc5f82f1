import { BUG_CODE } from '../../src/util/bug.ts';

const bugs: string[] = [];

process.on('warning', (warning: Error & { readonly code?: string; readonly detail?: string }) => {
  if (warning.code === BUG_CODE) bugs.push(warning.detail ?? warning.message);
});

/** What the host has told since somebody looked last of exceptions that nobody handled. */
export function takeBugs(): string[] {
  return bugs.splice(0);
}
