import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Makes V8 collect all garbage, now or in the background. V8 exposes `gc` only to contexts that are created while the flag is set. */
export function collectGarbage(execution: 'sync' | 'async'): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: object) => void;
  setFlagsFromString('--no-expose-gc');
  gc({ type: 'major', execution });
}
