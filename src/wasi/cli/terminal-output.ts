import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { ungrantedResource } from '../no-grant.ts';

/** `wasi:cli/terminal-output`: no guest has a terminal. Source: wasi-cli `terminal.wit`. */
export const terminalOutput = {
  name: 'wasi:cli/terminal-output',
  version: '0.2.12',
  resources: { 'terminal-output': ungrantedResource() },
  mayWait: [],
  funcs: {},
} satisfies HostInterface<WasiCtx>;
