import type { LoggedMessage } from '../../config/options.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import * as t from '../param-types.ts';
import { defineLogging } from './define-logging.ts';
import { GuestLog } from './guest-log.ts';

type Level = LoggedMessage['level'];

/** The least serious first. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'critical'] as const satisfies readonly Level[];

/** `wasi:logging/logging`. Source: `logging.wit`. */
export const logging = defineLogging('logging', {
  params: { log: [t.enumeration(...LEVELS), t.string, t.string] },
  funcs: {
    log: (ctx: WasiCtx, level: Level, context: string, message: string): void =>
      ctx.state(GuestLog).log(level, context, message),
  },
});
