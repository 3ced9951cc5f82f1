import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long a client may go on sending after the last reply to it. */
const LINGER_MS = 2000;

/**
 * Ends a connection so that its client receives what was sent last: if bytes were unread when it closes, they would reset it.
 *
 * What still arrives is read and dropped by the reader of the socket.
 */
export function endWithLinger(socket: Socket): void {
  socket.end();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}

/** Makes Node end the connection in this way after `reply`, which says `Connection: close` if its head is not sent. */
export function endAfter(reply: ServerResponse, socket: Socket): void {
  reply.shouldKeepAlive = false;
  socket.destroySoon = () => endWithLinger(socket);
}

/** Reads and drops all that still arrives on a connection of node:http, without parsing it: none of it is answered. */
export function dropInput(socket: Socket): void {
  socket.removeAllListeners('data');
  // This takes the socket away from Node's parser.
  socket.on('data', () => {});
}
