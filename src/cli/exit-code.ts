/** How a command ends: its work is done; it could not be, and it said why; it was called wrongly; we have a bug. */
export const EXIT = { done: 0, failed: 1, usage: 2, bug: 70 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
