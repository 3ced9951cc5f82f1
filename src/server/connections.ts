import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Emptiness } from '../util/emptiness.ts';

/** What a connection waits for. `replying` names the last of its replies: those before it go first. */
type ConnectionState =
  | { readonly at: 'opened' }
  | { readonly at: 'replying'; readonly reply: ServerResponse }
  | { readonly at: 'kept'; readonly bytesRead: number };

/** The connections of a server, so that one that stops loses no reply that is ended but not sent, which Node would. */
export class Connections {
  readonly #states = new Map<Socket, ConnectionState>();
  readonly #noReply = new Emptiness();
  #state: 'serving' | 'stopping' = 'serving';

  opened(socket: Socket): void {
    this.#set(socket, { at: 'opened' });
    socket.once('close', () => this.#forget(socket));
  }

  /** A request has come, which `reply` will answer. */
  asked(socket: Socket, reply: ServerResponse): void {
    const earlier = this.#states.get(socket);
    if (this.#state === 'stopping') {
      if (earlier?.at === 'replying') earlier.reply.shouldKeepAlive = true;
      reply.shouldKeepAlive = false;
    }
    this.#set(socket, { at: 'replying', reply });
    reply.once('close', () => this.#replied(socket, reply));
  }

  /** Closes those that are kept for another request; the others close after their last reply, which says so if it still can. */
  stop(): void {
    this.#state = 'stopping';
    for (const [socket, state] of this.#states) {
      if (state.at === 'replying') state.reply.shouldKeepAlive = false;
      // Where more has been read than the last request, the next is on its way.
      if (state.at === 'kept' && state.bytesRead === socket.bytesRead) socket.destroy();
    }
  }

  /** Resolves when the kernel has every reply, or after `timeoutMs`. */
  async sent(timeoutMs: number): Promise<void> {
    if (this.#hasReplies()) await this.#noReply.within(timeoutMs);
  }

  #replied(socket: Socket, reply: ServerResponse): void {
    const state = this.#states.get(socket);
    if (state?.at !== 'replying' || state.reply !== reply) return;
    this.#set(socket, { at: 'kept', bytesRead: socket.bytesRead });
    if (this.#state === 'stopping') socket.destroy();
  }

  #set(socket: Socket, state: ConnectionState): void {
    this.#states.set(socket, state);
    this.#settle();
  }

  #forget(socket: Socket): void {
    this.#states.delete(socket);
    this.#settle();
  }

  #settle(): void {
    if (this.#state === 'stopping' && !this.#hasReplies()) this.#noReply.tell();
  }

  #hasReplies(): boolean {
    return this.#states.values().some(({ at }) => at === 'replying');
  }
}
