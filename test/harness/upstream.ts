import { once } from 'node:events';
import { type IncomingMessage, type RequestListener, createServer } from 'node:http';
import { type AddressInfo, type Socket, createServer as createTcpServer } from 'node:net';
import { type Recorder, createRecorder } from './recorder.ts';

/** What an upstream was asked. */
export interface UpstreamRequest {
  readonly method: string;
  readonly url: string;
  /** Flat list of names and values as they came. */
  readonly rawHeaders: readonly string[];
  readonly incoming: IncomingMessage;
}

/** A server on a free port of 127.0.0.1 that guests call. The caller must dispose it. */
export interface Upstream extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** `127.0.0.1:PORT` */
  readonly authority: string;
  readonly requests: Recorder<UpstreamRequest>;
}

/** An HTTP upstream; `handler` may take its time. */
export async function startUpstream(handler: RequestListener): Promise<Upstream> {
  const requests = createRecorder<UpstreamRequest>();
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', rawHeaders } = incoming;
    requests.add({ method, url, rawHeaders, incoming });
    handler(incoming, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin: `http://${authority}`,
    authority,
    requests,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** An upstream of bytes: `handler` gets each connection. */
export async function startTcpUpstream(handler: (socket: Socket) => void): Promise<Omit<Upstream, 'requests'>> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    handler(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin: `http://${authority}`,
    authority,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
