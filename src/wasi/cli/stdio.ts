import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { EMPTY_SOURCE } from '../../io/byte-source.ts';
import { InputStream } from '../io/input-stream.ts';
import { DISCARDING_SINK } from '../../io/byte-sink.ts';
import { OutputStream } from '../io/output-stream.ts';

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
