import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { EMPTY_SOURCE, InputStream } from '../io/input-stream.ts';

/** `wasi:cli/stdin`: a stream, at its end where nothing is granted. Source: wasi-cli `stdio.wit`. */
export const stdin = {
  name: 'wasi:cli/stdin',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'get-stdin': (ctx: WasiCtx): InputStream => new InputStream(ctx.grants.stdin ?? EMPTY_SOURCE),
  },
} satisfies HostInterface<WasiCtx>;
