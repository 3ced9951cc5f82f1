import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A server that takes connections and answers each command of Redis by `answer`; an empty text is no answer. Disposing ends it. */
export async function startOddRedis(answer: (command: string) => string): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      const commands = bytes.toString('latin1').split(/(?=\*\d+\r\n\$)/);
      socket.write(commands.map((command) => answer(command)).join(''));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}/1`,
    [Symbol.asyncDispose]: async () => {
      server.close();
    },
  };
}
