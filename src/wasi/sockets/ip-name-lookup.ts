import type { WasiCtx } from '../wasi-ctx.ts';
import { Pollable } from '../io/poll.ts';
import { defineSockets } from './define-sockets.ts';
import { Network } from './network.ts';
import { ResolveAddressStream } from './resolve-address-stream.ts';
import * as t from '../param-types.ts';

/** `wasi:sockets/ip-name-lookup`. Source: wasi-sockets `ip-name-lookup.wit`. */
export const ipNameLookup = defineSockets('ip-name-lookup', {
  resources: { 'resolve-address-stream': ResolveAddressStream },
  params: { 'resolve-addresses': [t.borrow('network', Network), t.string] },
  funcs: {
    'resolve-addresses': (ctx: WasiCtx, _network: Network, name: string) => ResolveAddressStream.start(ctx, name),
    '[method]resolve-address-stream.resolve-next-address': (_ctx: WasiCtx, self: ResolveAddressStream) => self.next(),
    '[method]resolve-address-stream.subscribe': (_ctx: WasiCtx, self: ResolveAddressStream) =>
      new Pollable(self, self.children),
  },
});
