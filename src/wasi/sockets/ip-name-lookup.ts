import type { Result } from '../../util/result.ts';
import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { ungrantedResource, unreachableMethods } from '../no-grant.ts';
import { ACCESS_DENIED, type Network } from './network.ts';

/** `wasi:sockets/ip-name-lookup`: every lookup is denied. Source: wasi-sockets `ip-name-lookup.wit`. */
export const ipNameLookup = {
  name: 'wasi:sockets/ip-name-lookup',
  version: '0.2.12',
  resources: { 'resolve-address-stream': ungrantedResource() },
  mayWait: [],
  funcs: {
    'resolve-addresses': (_ctx: WasiCtx, _network: Network, _name: string): Result<never, 'access-denied'> =>
      ACCESS_DENIED,
    ...unreachableMethods('resolve-address-stream', ['resolve-next-address', 'subscribe']),
  },
} satisfies HostInterface<WasiCtx>;
