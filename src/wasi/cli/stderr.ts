import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { DISCARDING_SINK, OutputStream } from '../io/output-stream.ts';

/** `wasi:cli/stderr`: a stream, which swallows what is written where nothing is granted. Source: wasi-cli `stdio.wit`. */
export const stderr = {
  name: 'wasi:cli/stderr',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'get-stderr': (ctx: WasiCtx): OutputStream => new OutputStream(ctx.grants.stderr ?? DISCARDING_SINK),
  },
} satisfies HostInterface<WasiCtx>;
