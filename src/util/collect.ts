import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Has V8 collect all its garbage, now or while this process goes on. V8 gives its collector only to contexts that are made while it is exposed. */
export function collectGarbage(execution: 'sync' | 'async'): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: object) => void;
  setFlagsFromString('--no-expose-gc');
  gc({ type: 'major', execution });
}
