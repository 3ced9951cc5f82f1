import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** V8 exposes `gc` only to contexts that are created while the flag is set. */
interface CollectOptions {
  readonly type: 'major';
  readonly execution: 'sync' | 'async';
  readonly flavor: 'regular' | 'last-resort';
}

/** Makes V8 collect all garbage, now or in the background. */
export function collectGarbage(execution: CollectOptions['execution']): void {
  collect({ type: 'major', execution, flavor: 'regular' });
}

/** Makes V8 collect all garbage now, and give back to the system the pages that it would keep for later. Takes longer. */
export function collectAndRelease(): void {
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

function collect(options: CollectOptions): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: CollectOptions) => void;
  setFlagsFromString('--no-expose-gc');
  gc(options);
}
