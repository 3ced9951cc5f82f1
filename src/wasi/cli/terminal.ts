import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { ungrantedResource } from '../no-grant.ts';

/** `wasi:cli/terminal-input`: no guest has a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalInput = {
  name: 'wasi:cli/terminal-input',
  version: '0.2.12',
  resources: { 'terminal-input': ungrantedResource() },
  mayWait: [],
  funcs: {},
} satisfies HostInterface<WasiCtx>;

/** `wasi:cli/terminal-output`: no guest has a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalOutput = {
  name: 'wasi:cli/terminal-output',
  version: '0.2.12',
  resources: { 'terminal-output': ungrantedResource() },
  mayWait: [],
  funcs: {},
} satisfies HostInterface<WasiCtx>;

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
