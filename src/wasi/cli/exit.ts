import type { Result } from '../../util/result.ts';
import type { HostInterface } from '../../abi/host-interface.ts';
import { Trap } from '../../util/trap.ts';
import type { WasiCtx } from '../context.ts';

/**
 * `wasi:cli/exit`. Whoever answers a request has no process to leave: both functions trap, whatever the status.
 *
 * Source: wasi-cli `exit.wit`.
 */
export const exit = {
  name: 'wasi:cli/exit',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    exit: (_ctx: WasiCtx, status: Result<undefined, undefined>): never => {
      throw new Trap(`the guest called exit(${status.tag})`);
    },
    'exit-with-code': (_ctx: WasiCtx, statusCode: number): never => {
      throw new Trap(`the guest called exit-with-code(${statusCode})`);
    },
  },
} satisfies HostInterface<WasiCtx>;
