import { IoError } from '../../io/io-error.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { defineIo } from './define-io.ts';

/** `wasi:io/error`. Source: wasi-io `error.wit`. */
export const error = defineIo('error', {
  resources: { error: IoError },
  funcs: {
    '[method]error.to-debug-string': (_ctx: WasiCtx, self: IoError): string => self.message,
  },
});
