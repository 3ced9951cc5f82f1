import { IoError } from '../../io/io-error.ts';
import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';

/** `wasi:io/error`. Source: wasi-io `error.wit`. */
export const error = {
  name: 'wasi:io/error',
  version: '0.2.12',
  resources: { error: IoError },
  mayWait: [],
  funcs: {
    '[method]error.to-debug-string': (_ctx: WasiCtx, self: IoError): string => self.message,
  },
} satisfies HostInterface<WasiCtx>;
