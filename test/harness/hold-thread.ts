/** Keeps the thread busy, as a guest does that cannot be suspended. */
export function holdThread(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}
