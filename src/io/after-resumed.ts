/** Calls `next` when what the caller has just resumed, by resolving a promise, has run as far as it can. */
export function afterResumed(next: () => void): void {
  // What is resumed runs in microtasks, before the next tick.
  queueMicrotask(() => process.nextTick(next));
}
