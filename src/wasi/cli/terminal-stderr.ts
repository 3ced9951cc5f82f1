import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';

/** `wasi:cli/terminal-stderr`: no guest's stderr is a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalStderr = {
  name: 'wasi:cli/terminal-stderr',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'get-terminal-stderr': (_ctx: WasiCtx): undefined => undefined,
  },
} satisfies HostInterface<WasiCtx>;
