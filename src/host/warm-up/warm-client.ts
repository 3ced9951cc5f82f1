import { type Socket, connect } from 'node:net';

const REQUEST = 'GET /warm?up=1 HTTP/1.1\r\nhost: localhost\r\nuser-agent: warm-up\r\naccept: */*\r\n\r\n';

/** What the guest writes, the end of each reply. */
const END = 'warm\n';

/** A client on a connection of its own, for one request at a time. Keeps no process alive. Disposing closes it. */
export class WarmClient implements Disposable {
  readonly #socket: Socket;
  #received = '';
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(path: string) {
    this.#socket = connect({ path });
    this.#socket.unref();
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text) => {
      this.#received += text;
      if (this.#received.endsWith(END)) this.#waiting?.resolve();
    });
    const fail = (): void => this.#waiting?.reject(new Error('the connection of the warm-up is gone'));
    this.#socket.on('error', fail);
    this.#socket.on('close', fail);
  }

  /** Resolves when the reply has arrived. */
  async ask(): Promise<void> {
    this.#received = '';
    this.#waiting = Promise.withResolvers();
    this.#socket.write(REQUEST);
    await this.#waiting.promise;
  }

  [Symbol.dispose](): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }
}
