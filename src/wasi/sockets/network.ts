import type { Result } from '../../util/result.ts';
import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import type { IoError } from '../../io/io-error.ts';

/** A guest's handle to a network. Holding one grants nothing. */
export class Network {
  readonly isGranted = false;
}

/** WIT's `ip-address-family`. */
export type IpAddressFamily = 'ipv4' | 'ipv6';

/** What every attempt to use the network gives: `access-denied` of WIT's `error-code`. */
export const ACCESS_DENIED: Result<never, 'access-denied'> = Object.freeze({ tag: 'err', val: 'access-denied' });

/** `wasi:sockets/network`. Source: wasi-sockets `network.wit`; `network-error-code` is behind the feature of its name. */
export const network = {
  name: 'wasi:sockets/network',
  version: '0.2.12',
  resources: { network: Network },
  mayWait: [],
  funcs: {
    /** No stream's error comes from a socket. */
    'network-error-code': (_ctx: WasiCtx, _err: IoError): undefined => undefined,
  },
} satisfies HostInterface<WasiCtx>;
