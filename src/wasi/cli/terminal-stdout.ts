import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';

/** `wasi:cli/terminal-stdout`: no guest's stdout is a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalStdout = {
  name: 'wasi:cli/terminal-stdout',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'get-terminal-stdout': (_ctx: WasiCtx): undefined => undefined,
  },
} satisfies HostInterface<WasiCtx>;
