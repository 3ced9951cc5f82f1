// Sends requests at once, each on a connection of its own, and tells its parent how many were answered:
//   node density-client.ts PORT REQUESTS WAIT_MS
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

/** So many are answered before others are sent where nothing has to be waited for; fewer than wait to be accepted at most. */
const AT_ONCE = 100;

const [port = 0, requests = 0, waitMs = 0] = process.argv.slice(2).map(Number);
const replies: Promise<boolean>[] = [];
while (replies.length < requests) {
  const more = Math.min(AT_ONCE, requests - replies.length);
  const sockets = await Promise.all(Array.from({ length: more }, open));
  const asked = sockets.map(ask);
  replies.push(...asked);
  if (waitMs === 0) await Promise.all(asked);
}
process.send?.((await Promise.all(replies)).filter(Boolean).length);
process.disconnect?.();

async function open(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  await once(socket, 'connect');
  return socket;
}

/** Resolves when there is a reply: whether it is the right one. */
async function ask(socket: Socket): Promise<boolean> {
  socket.write(`GET /?ms=${waitMs} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  const [reply] = (await once(socket, 'data')) as [string];
  socket.destroy();
  return reply.startsWith('HTTP/1.1 200 ');
}
