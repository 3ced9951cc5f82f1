import { toError } from './to-error.ts';

/** The code of the warning for an exception that nothing handles. */
export const BUG_CODE = 'WASI_SERVE_BUG';

/**
 * Reports an exception that belongs to no request, or to one that is over: a bug of ours, or of an embedder's function. Node prints a warning, and
 * the process goes on.
 */
export function warnOfBug(error: unknown): void {
  const { message, stack } = toError(error);
  process.emitWarning(message, { type: 'Bug', code: BUG_CODE, ...(stack === undefined ? {} : { detail: stack }) });
}

/** Calls all of `funcs`, in order: if one throws, the others still run. */
export function callEach(funcs: Iterable<() => unknown>): void {
  for (const func of funcs) callSafely(func);
}

/** Calls a function whose exceptions have no caller to go to: they become warnings. */
export function callSafely(func: () => unknown): void {
  try {
    func();
  } catch (error) {
    warnOfBug(error);
  }
}

/** Runs all of `steps`, in order, even if some of them throw; then throws the first exception. */
export function runAll(steps: Iterable<() => unknown>): void {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
