import type { WasiCtx } from '../wasi-ctx.ts';
import { IoError } from '../../io/io-error.ts';
import { defineSockets } from './define-sockets.ts';
import { SocketCause, type SocketErrorCode } from './socket-error.ts';
import * as t from '../param-types.ts';

/** A guest's handle to a network. Holding one grants nothing. */
export class Network {
  readonly isGranted = false;
}

/** WIT's `ip-address-family`. */
export type IpAddressFamily = 'ipv4' | 'ipv6';
export const ADDRESS_FAMILY = t.enumeration('ipv4', 'ipv6');

/** `wasi:sockets/network`. Source: wasi-sockets `network.wit`; `network-error-code` is behind the feature of its name. */
export const network = defineSockets('network', {
  resources: { network: Network },
  params: { 'network-error-code': [t.borrow('error', IoError)] },
  funcs: {
    'network-error-code': (_ctx: WasiCtx, { cause }: IoError): SocketErrorCode | undefined =>
      cause instanceof SocketCause ? cause.code : undefined,
  },
});
