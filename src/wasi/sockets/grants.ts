import type { LookupAddress } from 'node:dns';
import { type NetOptions, type NetPolicy, compileNetPolicy } from './net-policy.ts';

/** Resolves a name to all of its addresses. Calls back once, later. */
export type LookupAll = (
  name: string,
  options: { readonly all: true; readonly order: 'verbatim' },
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** What a guest is granted of `wasi:sockets`. Left out: nothing. */
export interface SocketsGrants {
  readonly net?: NetPolicy | undefined;
  /** Default: the operating system's resolver. */
  readonly lookupAll?: LookupAll;
}

/** Throws `HostError` if `allowNet` has a text that is not a pattern. */
export function grantSockets(options: NetOptions): SocketsGrants {
  return { net: compileNetPolicy(options) };
}
