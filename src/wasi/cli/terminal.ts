import type { WasiCtx } from '../wasi-ctx.ts';
import { defineCli } from './define-cli.ts';
import type { CliGrants } from './grants.ts';

/** Says that an input is a terminal. */
export class TerminalInput {
  readonly isTerminal = true;
}

/** Says that an output is a terminal. */
export class TerminalOutput {
  readonly isTerminal = true;
}

/** `wasi:cli/terminal-input`. Source: wasi-cli `terminal.wit`. */
export const terminalInput = defineCli('terminal-input', {
  resources: { 'terminal-input': TerminalInput },
  funcs: {},
});

/** `wasi:cli/terminal-output`. Source: wasi-cli `terminal.wit`. */
export const terminalOutput = defineCli('terminal-output', {
  resources: { 'terminal-output': TerminalOutput },
  funcs: {},
});

/** `wasi:cli/terminal-stdin`: something if stdin is granted as a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalStdin = defineCli('terminal-stdin', {
  funcs: {
    'get-terminal-stdin': ({ grants }: WasiCtx<CliGrants>): TerminalInput | undefined =>
      grants.terminals?.has('stdin') === true ? new TerminalInput() : undefined,
  },
});

/** `wasi:cli/terminal-stdout`: something if stdout is granted as a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalStdout = defineCli('terminal-stdout', {
  funcs: {
    'get-terminal-stdout': ({ grants }: WasiCtx<CliGrants>): TerminalOutput | undefined =>
      grants.terminals?.has('stdout') === true ? new TerminalOutput() : undefined,
  },
});

/** `wasi:cli/terminal-stderr`: something if stderr is granted as a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalStderr = defineCli('terminal-stderr', {
  funcs: {
    'get-terminal-stderr': ({ grants }: WasiCtx<CliGrants>): TerminalOutput | undefined =>
      grants.terminals?.has('stderr') === true ? new TerminalOutput() : undefined,
  },
});
