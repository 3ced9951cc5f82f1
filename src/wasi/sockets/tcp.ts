import { ungrantedResource, unreachableMethods } from '../ungranted-resource.ts';
import { defineSockets } from './define-sockets.ts';

/** `wasi:sockets/tcp`, which links and gives nothing. Source: wasi-sockets `tcp.wit`. */
export const tcp = defineSockets('tcp', {
  resources: { 'tcp-socket': ungrantedResource() },
  funcs: unreachableMethods('tcp-socket', [
    'start-bind',
    'finish-bind',
    'start-connect',
    'finish-connect',
    'start-listen',
    'finish-listen',
    'accept',
    'local-address',
    'remote-address',
    'is-listening',
    'address-family',
    'set-listen-backlog-size',
    'keep-alive-enabled',
    'set-keep-alive-enabled',
    'keep-alive-idle-time',
    'set-keep-alive-idle-time',
    'keep-alive-interval',
    'set-keep-alive-interval',
    'keep-alive-count',
    'set-keep-alive-count',
    'hop-limit',
    'set-hop-limit',
    'receive-buffer-size',
    'set-receive-buffer-size',
    'send-buffer-size',
    'set-send-buffer-size',
    'subscribe',
    'shutdown',
  ]),
});
