import { type Result, ok } from '../../util/result.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import * as t from '../param-types.ts';
import { defineConfig } from './define-config.ts';
import type { ConfigGrants } from './grants.ts';

/** `wasi:config/store`: the values that the operator has set, which are at hand, so that none of its errors occurs. Source: `store.wit`. */
export const configStore = defineConfig('store', {
  params: { get: [t.string] },
  funcs: {
    get: ({ grants: { configVars } }: WasiCtx<ConfigGrants>, key: string): Result<string | undefined, never> =>
      ok(configVars?.get(key)),
    'get-all': ({ grants: { configVars } }: WasiCtx<ConfigGrants>): Result<[string, string][], never> =>
      ok([...(configVars ?? [])]),
  },
});
