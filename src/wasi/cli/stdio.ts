import type { WasiCtx } from '../wasi-ctx.ts';
import { EMPTY_SOURCE } from '../../io/byte-source.ts';
import { InputStream } from '../io/input-stream.ts';
import { OutputStream } from '../io/output-stream.ts';
import { defineCli } from './define-cli.ts';
import type { CliGrants } from './grants.ts';
import { GuestOutput } from './guest-output.ts';

/** `wasi:cli/stdin`: a stream, at its end if nothing is granted. Source: wasi-cli `stdio.wit`. */
export const stdin = defineCli('stdin', {
  funcs: {
    'get-stdin': (ctx: WasiCtx<CliGrants>): InputStream => new InputStream(ctx.grants.stdin ?? EMPTY_SOURCE),
  },
});

/** `wasi:cli/stdout`: a stream, which discards what is written if nothing is granted. Source: wasi-cli `stdio.wit`. */
export const stdout = defineCli('stdout', {
  funcs: {
    'get-stdout': (ctx: WasiCtx<CliGrants>): OutputStream =>
      new OutputStream(ctx.grants.stdout ?? ctx.state(GuestOutput).stdout),
  },
});

/** `wasi:cli/stderr`: a stream, which discards what is written if nothing is granted. Source: wasi-cli `stdio.wit`. */
export const stderr = defineCli('stderr', {
  funcs: {
    'get-stderr': (ctx: WasiCtx<CliGrants>): OutputStream =>
      new OutputStream(ctx.grants.stderr ?? ctx.state(GuestOutput).stderr),
  },
});
