import type { WasiCtx } from '../wasi-ctx.ts';
import { defineCli } from './define-cli.ts';
import type { CliGrants } from './grants.ts';

/** `wasi:cli/environment`: the variables and arguments granted, `INSTANCE_ID` first, as `wasmtime serve` has it, and the working directory that is granted. Source: wasi-cli `environment.wit`. */
export const environment = defineCli('environment', {
  funcs: {
    'get-environment': ({ grants }: WasiCtx<CliGrants>): NonNullable<CliGrants['env']> => {
      const { request, env = [] } = grants;
      const ordinal = request?.ordinal ?? grants.ordinal;
      return ordinal === undefined ? env : [['INSTANCE_ID', `${ordinal}`], ...env];
    },
    'get-arguments': ({ grants }: WasiCtx<CliGrants>): readonly string[] => grants.args ?? [],
    'initial-cwd': ({ grants }: WasiCtx<CliGrants>): string | undefined => grants.initialCwd,
  },
});
