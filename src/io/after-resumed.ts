const RESUMED = Promise.resolve();

/** Makes a function that has `next` called when what its caller has just resumed, by resolving a promise, has run as far as it can. */
export function afterResumed(next: () => void): () => void {
  // What is resumed runs in microtasks, before the next tick. Node's own `queueMicrotask` takes several times as long as a promise.
  const onMicrotask = (): void => process.nextTick(next);
  return () => void RESUMED.then(onMicrotask);
}
