/** How a command ends: it did its work; it failed and said why; it was called with bad arguments; it hit a bug of ours. */
export const EXIT = { done: 0, failed: 1, usage: 2, bug: 70 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
