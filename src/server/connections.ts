import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Emptiness } from '../util/emptiness.ts';

/** A connection. Its latest reply is the last that it waits for: those before it go first. */
interface Connection {
  /** While it is not over. */
  reply: ServerResponse | undefined;
  /** What had been read when it was. */
  bytesRead: number;
}

/** The connections of a server, so that one that stops loses no reply that is ended but not sent, which Node would. */
export class Connections {
  readonly #connections = new Map<Socket, Connection>();
  readonly #noReply = new Emptiness();
  #state: 'serving' | 'stopping' = 'serving';

  opened(socket: Socket): void {
    this.#connections.set(socket, { reply: undefined, bytesRead: -1 });
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#settle();
    });
  }

  /** A request has come, which `reply` will answer. */
  asked(socket: Socket, reply: ServerResponse): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    if (this.#state === 'stopping') {
      if (connection.reply !== undefined) connection.reply.shouldKeepAlive = true;
      reply.shouldKeepAlive = false;
    }
    connection.reply = reply;
    reply.on('close', () => this.#replied(socket, connection, reply));
  }

  /** Closes those that are kept for another request; the others close after their last reply, which says so if it still can. */
  stop(): void {
    this.#state = 'stopping';
    for (const [socket, { reply, bytesRead }] of this.#connections) {
      if (reply !== undefined) reply.shouldKeepAlive = false;
      // Where more has been read than the last request, the next is on its way.
      else if (bytesRead === socket.bytesRead) socket.destroy();
    }
  }

  /** Resolves when the kernel has every reply, or after `timeoutMs`. */
  async sent(timeoutMs: number): Promise<void> {
    if (this.#hasReplies()) await this.#noReply.within(timeoutMs);
  }

  #replied(socket: Socket, connection: Connection, reply: ServerResponse): void {
    if (connection.reply !== reply) return;
    connection.reply = undefined;
    connection.bytesRead = socket.bytesRead;
    if (this.#state !== 'stopping') return;
    socket.destroy();
    this.#settle();
  }

  #settle(): void {
    if (this.#state === 'stopping' && !this.#hasReplies()) this.#noReply.tell();
  }

  #hasReplies(): boolean {
    return this.#connections.values().some(({ reply }) => reply !== undefined);
  }
}
