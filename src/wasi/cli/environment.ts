import type { HostInterface } from '../../abi/host-interface.ts';
import type { Grants, WasiCtx } from '../context.ts';

/** `wasi:cli/environment`: the variables and arguments granted, and no working directory. Source: wasi-cli `environment.wit`. */
export const environment = {
  name: 'wasi:cli/environment',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'get-environment': (ctx: WasiCtx): NonNullable<Grants['env']> => ctx.grants.env ?? [],
    'get-arguments': (ctx: WasiCtx): readonly string[] => ctx.grants.args ?? [],
    'initial-cwd': (_ctx: WasiCtx): undefined => undefined,
  },
} satisfies HostInterface<WasiCtx>;
