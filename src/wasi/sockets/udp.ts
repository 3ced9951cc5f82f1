import { ungrantedResource, unreachableMethods } from '../ungranted-resource.ts';
import { defineSockets } from './define-sockets.ts';

/** `wasi:sockets/udp`, which links and gives nothing. Source: wasi-sockets `udp.wit`. */
export const udp = defineSockets('udp', {
  resources: {
    'udp-socket': ungrantedResource(),
    'incoming-datagram-stream': ungrantedResource(),
    'outgoing-datagram-stream': ungrantedResource(),
  },
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
});
