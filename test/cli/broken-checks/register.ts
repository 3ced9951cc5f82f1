// Given to Node by `--import`, it breaks the checks in guests on purpose: no guest is ever interrupted. No switch of `src/` does that.
import { registerHooks } from 'node:module';

const REAL = '/src/instance/preempt/preemption.ts';
const BROKEN = new URL('preempt.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context);
    return found.url.endsWith(REAL) && context.parentURL !== BROKEN ? { ...found, url: BROKEN } : found;
  },
});
