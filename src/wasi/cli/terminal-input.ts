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
