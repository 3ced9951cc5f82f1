import type { WasiCtx } from '../wasi-ctx.ts';
import { ungrantedResource } from '../ungranted-resource.ts';
import { defineCli } from './define-cli.ts';

/** `wasi:cli/terminal-input`: no guest has a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalInput = defineCli('terminal-input', {
  resources: { 'terminal-input': ungrantedResource() },
  funcs: {},
});

/** `wasi:cli/terminal-output`: no guest has a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalOutput = defineCli('terminal-output', {
  resources: { 'terminal-output': ungrantedResource() },
  funcs: {},
});

/** `wasi:cli/terminal-stdin`: no guest's stdin is a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalStdin = defineCli('terminal-stdin', {
  funcs: {
    'get-terminal-stdin': (_ctx: WasiCtx): undefined => undefined,
  },
});

/** `wasi:cli/terminal-stdout`: no guest's stdout is a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalStdout = defineCli('terminal-stdout', {
  funcs: {
    'get-terminal-stdout': (_ctx: WasiCtx): undefined => undefined,
  },
});

/** `wasi:cli/terminal-stderr`: no guest's stderr is a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalStderr = defineCli('terminal-stderr', {
  funcs: {
    'get-terminal-stderr': (_ctx: WasiCtx): undefined => undefined,
  },
});
