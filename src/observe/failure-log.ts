import type { Log } from './log.ts';
import { createTextLog } from './terminal/text-log.ts';

/**
 * A log of what goes wrong, on the console: failed requests, and what the operator should know. Hosts have it that were given none.
 *
 * @example
 * ```ts
 * import { createFailureLog, createHost, loadComponent, teeLog } from 'wasi-serve';
 *
 * const host = createHost(await loadComponent('app.wasm'), {}, teeLog(createFailureLog(), (event) => console.debug(event.at)));
 * ```
 */
export function createFailureLog(): Log {
  const log = createTextLog({ write: (text) => console.error(text.trimEnd()) });
  return (event) => {
    const isFailure = event.at === 'request-failed' || (event.at === 'notice' && event.level !== 'info');
    if (isFailure) log(event);
  };
}
