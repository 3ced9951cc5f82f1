import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long a client may go on sending after the last reply to it. */
const LINGER_MS = 2000;

/**
 * Ends a connection so that its client gets what was sent last: bytes that are unread at a close would reset it.
 *
 * What still comes is read and dropped by whoever reads the socket.
 */
export function endWithLinger(socket: Socket): void {
  socket.end();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}

/** Has Node end a connection so after `reply`, which says that it does if it still can. */
export function endAfter(reply: ServerResponse, socket: Socket): void {
  reply.shouldKeepAlive = false;
  socket.destroySoon = () => endWithLinger(socket);
}

/** Has all that still comes on a connection of node:http read and dropped without being parsed: none of it is answered. */
export function dropInput(socket: Socket): void {
  socket.removeAllListeners('data');
  // Which takes the socket away from Node's parser.
  socket.on('data', () => {});
}
