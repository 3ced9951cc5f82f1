/** Whether this process may start threads: under Node's `--permission` that takes `--allow-worker`. */
export function mayStartThreads(): boolean {
  // Undefined without `--permission`, whatever its type says.
  const permission = process.permission as typeof process.permission | undefined;
  return permission?.has('worker') ?? true;
}
