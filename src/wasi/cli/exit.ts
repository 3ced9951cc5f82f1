import type { Result } from '../../util/result.ts';
import { Trap } from '../../util/trap.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { defineCli } from './define-cli.ts';
import * as t from '../param-types.ts';

/**
 * `wasi:cli/exit`. A guest that answers a request has no process to exit: both functions trap, whatever the status.
 *
 * Source: wasi-cli `exit.wit`.
 */
export const exit = defineCli('exit', {
  params: { exit: [t.plainResult], 'exit-with-code': [t.u8] },
  funcs: {
    exit: (_ctx: WasiCtx, status: Result<undefined, undefined>): never => {
      throw new Trap(`the guest called exit(${status.tag})`);
    },
    'exit-with-code': (_ctx: WasiCtx, statusCode: number): never => {
      throw new Trap(`the guest called exit-with-code(${statusCode})`);
    },
  },
});
