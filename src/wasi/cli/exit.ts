import type { Result } from '../../util/result.ts';
import { Trap } from '../../util/trap.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { defineCli } from './define-cli.ts';
import * as t from '../param-types.ts';

/** The guest has called `exit`. What that means is up to whoever called the guest; to a request it is a trap like any other. */
export class GuestExit extends Trap {
  /** What a process would exit with. */
  readonly code: number;

  constructor(code: number, call: string) {
    super(`the guest called ${call}`);
    this.code = code;
  }
}

/**
 * `wasi:cli/exit`. Both functions end the guest, whatever the status.
 *
 * Source: wasi-cli `exit.wit`.
 */
export const exit = defineCli('exit', {
  params: { exit: [t.plainResult], 'exit-with-code': [t.u8] },
  funcs: {
    exit: (_ctx: WasiCtx, status: Result<undefined, undefined>): never => {
      throw new GuestExit(status.tag === 'ok' ? 0 : 1, `exit(${status.tag})`);
    },
    'exit-with-code': (_ctx: WasiCtx, statusCode: number): never => {
      throw new GuestExit(statusCode, `exit-with-code(${statusCode})`);
    },
  },
});
