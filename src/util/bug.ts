import { toError } from './to-error.ts';

/** The code of the warning that tells of an exception which nobody handles. */
export const BUG_CODE = 'WASI_SERVE_BUG';

/**
 * Tells of an exception that belongs to no request, or to one that is over: a bug of ours, or of an embedder's function. Node prints it as a warning;
 * the process goes on.
 */
export function warnOfBug(error: unknown): void {
  const { message, stack } = toError(error);
  process.emitWarning(message, { type: 'Bug', code: BUG_CODE, ...(stack === undefined ? {} : { detail: stack }) });
}

/** Calls all of `funcs`, in order: one that throws keeps none of the others from running. */
export function callEach(funcs: Iterable<() => unknown>): void {
  for (const func of funcs) callSafely(func);
}

/** Calls a function that nobody can tell of its failure. */
export function callSafely(func: () => unknown): void {
  try {
    func();
  } catch (error) {
    warnOfBug(error);
  }
}

/** Runs all of `steps`, in order, whatever any of them throws; then throws the first exception. */
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
