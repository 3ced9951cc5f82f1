// Opens connections, sends a request on each and holds them all: node holding-client.ts PORT PATH COUNT idle|suspended
// Prints `held` when all requests are answered (idle) or sent (suspended), and then, if they wait, how many were answered.
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

/** So many are opened before others are; fewer than wait to be accepted at most. */
const AT_ONCE = 100;

const [port, path, count = '0', until] = process.argv.slice(2);
const sockets: Socket[] = [];
const replies: Promise<boolean>[] = [];
while (sockets.length < Number(count)) {
  const more = Math.min(AT_ONCE, Number(count) - sockets.length);
  const opened = await Promise.all(Array.from({ length: more }, open));
  const asked = opened.map(ask);
  sockets.push(...opened);
  replies.push(...asked);
  if (until === 'idle') await Promise.all(asked);
}
console.log('held');
const answered = (await Promise.all(replies)).filter(Boolean).length;
console.log(`answered ${answered}`);
if (until === 'suspended') for (const socket of sockets) socket.destroy();

async function open(): Promise<Socket> {
  const socket = connect(Number(port), '127.0.0.1').setEncoding('latin1');
  await once(socket, 'connect');
  return socket;
}

/** Resolves when there is a reply or none will come: whether it is the right one. */
async function ask(socket: Socket): Promise<boolean> {
  const replied = Promise.withResolvers<boolean>();
  socket.on('data', (text: string) => replied.resolve(text.startsWith('HTTP/1.1 200 ')));
  socket.on('error', () => replied.resolve(false)).on('close', () => replied.resolve(false));
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  return await replied.promise;
}
