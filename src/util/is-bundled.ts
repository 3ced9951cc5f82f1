/**
 * Whether a file of ours is part of a bundle, so that other files of ours are not where they were. `filename` is its `import.meta.filename`, `own` its path
 * in `src/` without an extension: `component/kept`.
 */
export function isBundled(filename: string, own: string): boolean {
  const path = filename.replaceAll('\\', '/').replace(/\.[jt]s$/, '');
  return !path.endsWith(`/${own}`);
}
