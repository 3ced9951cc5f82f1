import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';

/** `wasi:cli/terminal-stdin`: no guest's stdin is a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalStdin = {
  name: 'wasi:cli/terminal-stdin',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'get-terminal-stdin': (_ctx: WasiCtx): undefined => undefined,
  },
} satisfies HostInterface<WasiCtx>;
