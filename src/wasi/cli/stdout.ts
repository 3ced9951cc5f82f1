import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { DISCARDING_SINK, OutputStream } from '../io/output-stream.ts';

/** `wasi:cli/stdout`: a stream, which swallows what is written where nothing is granted. Source: wasi-cli `stdio.wit`. */
export const stdout = {
  name: 'wasi:cli/stdout',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'get-stdout': (ctx: WasiCtx): OutputStream => new OutputStream(ctx.grants.stdout ?? DISCARDING_SINK),
  },
} satisfies HostInterface<WasiCtx>;
