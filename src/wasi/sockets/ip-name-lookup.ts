import type { Result } from '../../util/result.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { ungrantedResource, unreachableMethods } from '../ungranted-resource.ts';
import { ACCESS_DENIED, Network } from './network.ts';
import { defineSockets } from './define-sockets.ts';
import * as t from '../param-types.ts';

/** `wasi:sockets/ip-name-lookup`: every lookup is denied. Source: wasi-sockets `ip-name-lookup.wit`. */
export const ipNameLookup = defineSockets('ip-name-lookup', {
  resources: { 'resolve-address-stream': ungrantedResource() },
  params: { 'resolve-addresses': [t.borrow('network', Network), t.string] },
  funcs: {
    'resolve-addresses': (_ctx: WasiCtx, _network: Network, _name: string): Result<never, 'access-denied'> =>
      ACCESS_DENIED,
    ...unreachableMethods('resolve-address-stream', ['resolve-next-address', 'subscribe']),
  },
});
