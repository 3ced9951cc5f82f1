import type { Result } from '../../util/result.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { IoError } from '../../io/io-error.ts';
import { defineSockets } from './define-sockets.ts';
import * as t from '../param-types.ts';

/** A guest's handle to a network. Holding one grants nothing. */
export class Network {
  readonly isGranted = false;
}

/** WIT's `ip-address-family`. */
export type IpAddressFamily = 'ipv4' | 'ipv6';
export const ADDRESS_FAMILY = t.enumeration('ipv4', 'ipv6');

/** What every attempt to use the network gives: `access-denied` of WIT's `error-code`. */
export const ACCESS_DENIED: Result<never, 'access-denied'> = Object.freeze({ tag: 'err', val: 'access-denied' });

/** `wasi:sockets/network`. Source: wasi-sockets `network.wit`; `network-error-code` is behind the feature of its name. */
export const network = defineSockets('network', {
  resources: { network: Network },
  params: { 'network-error-code': [t.borrow('error', IoError)] },
  funcs: {
    /** No stream's error comes from a socket. */
    'network-error-code': (_ctx: WasiCtx, _err: IoError): undefined => undefined,
  },
});
