import type { WasiCtx } from '../wasi-ctx.ts';
import { defineCli } from './define-cli.ts';
import type { CliGrants } from './grants.ts';

/** `wasi:cli/environment`: the variables and arguments granted, `INSTANCE_ID` first, as `wasmtime serve` has it, and no working directory. Source: wasi-cli `environment.wit`. */
export const environment = defineCli('environment', {
  funcs: {
    'get-environment': ({ grants: { request, env = [] } }: WasiCtx<CliGrants>): NonNullable<CliGrants['env']> =>
      request === undefined ? env : [['INSTANCE_ID', `${request.ordinal}`], ...env],
    'get-arguments': ({ grants }: WasiCtx<CliGrants>): readonly string[] => grants.args ?? [],
    'initial-cwd': (_ctx: WasiCtx): undefined => undefined,
  },
});
