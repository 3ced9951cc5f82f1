import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { ungrantedResource, unreachableMethods } from '../no-grant.ts';

/** `wasi:sockets/udp`, which links and gives nothing. Source: wasi-sockets `udp.wit`. */
export const udp = {
  name: 'wasi:sockets/udp',
  version: '0.2.12',
  resources: {
    'udp-socket': ungrantedResource(),
    'incoming-datagram-stream': ungrantedResource(),
    'outgoing-datagram-stream': ungrantedResource(),
  },
  mayWait: [],
  funcs: {
    ...unreachableMethods('udp-socket', [
      'start-bind',
      'finish-bind',
      'stream',
      'local-address',
      'remote-address',
      'address-family',
      'unicast-hop-limit',
      'set-unicast-hop-limit',
      'receive-buffer-size',
      'set-receive-buffer-size',
      'send-buffer-size',
      'set-send-buffer-size',
      'subscribe',
    ]),
    ...unreachableMethods('incoming-datagram-stream', ['receive', 'subscribe']),
    ...unreachableMethods('outgoing-datagram-stream', ['check-send', 'send', 'subscribe']),
  },
} satisfies HostInterface<WasiCtx>;
