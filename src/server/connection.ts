import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { warnOfBug } from '../util/bug.ts';
import type { Failure } from './error-reply.ts';
import { endAfter, endWithLinger } from './linger.ts';
import type { Look } from './look.ts';
import { malformedReply } from './malformed.ts';
import type { NodeExchange } from './node-exchange.ts';

/** Whom a connection tells what happens on it. */
export interface ConnectionEvents {
  /** It is the turn of a request. */
  onTurn(exchange: NodeExchange): void;
}

/** A connection. Its requests are answered one after the other, so that its latest reply is the last that it waits for. */
export class Connection {
  readonly socket: Socket;
  readonly #events: ConnectionEvents;
  #exchange: NodeExchange | undefined;
  #reply: ServerResponse | undefined;
  /** How many requests have come that are not answered; those too that never are. */
  #unanswered = 0;
  /** Those that wait for the replies to requests before them. */
  #waiting: NodeExchange[] | undefined;
  #hasPipelined = false;
  /** `ending`: no other request is answered. `broken`: what comes is no request at all. */
  #state: 'open' | 'ending' | 'broken' = 'open';
  #failure: Failure | undefined;

  constructor(socket: Socket, events: ConnectionEvents) {
    this.socket = socket;
    this.#events = events;
  }

  /** The latest, while it is not over. */
  get reply(): ServerResponse | undefined {
    return this.#reply;
  }

  /** Whether a request that has come now is to be answered: not behind a reply that has said `Connection: close`. */
  get takesRequests(): boolean {
    const hasSaidClose = this.#reply?.headersSent === true && !this.#reply.shouldKeepAlive;
    return this.#state === 'open' && this.socket.writable && !hasSaidClose;
  }

  /** Whether its client has sent a request before it had the reply to another. */
  get hasPipelined(): boolean {
    return this.#hasPipelined;
  }

  /** Counts a request that has come, and returns how many are not answered. */
  count(): number {
    this.#unanswered += 1;
    return this.#unanswered;
  }

  /** A request has come, which `reply` will answer in its turn. */
  asked(exchange: NodeExchange, reply: ServerResponse): void {
    const isItsTurn = this.#reply === undefined;
    this.#exchange = exchange;
    this.#reply = reply;
    if (exchange.endsConnection) this.#state = 'ending';
    reply.on('close', () => {
      try {
        this.#replied(reply);
      } catch (error) {
        this.socket.destroy();
        warnOfBug(error);
      }
    });
    if (isItsTurn) this.#events.onTurn(exchange);
    else {
      this.#hasPipelined = true;
      (this.#waiting ??= []).push(exchange);
    }
  }

  /** Has the latest reply say `Connection: close`, if it still can. Another request that comes before that is said is answered. */
  announceClose(): void {
    if (this.#state === 'open' && this.#reply?.headersSent === false) endAfter(this.#reply, this.socket);
  }

  /** As `announceClose`, but no request that comes from now on is answered. */
  endAfterReply(): void {
    this.announceClose();
    if (this.#state === 'open' && this.#reply?.shouldKeepAlive === false) this.#state = 'ending';
  }

  /** What comes is no request, nor the rest of one; `undefined`: there is nothing to say to that. Returns whether anything was expected of it. */
  break(failure: Failure | undefined): 'broken' | 'expected' {
    // Behind the last request nothing needs to be one.
    const isExpected = this.#state === 'broken' || (this.#state === 'ending' && this.#exchange?.isWhole !== false);
    if (isExpected) return 'expected';
    this.#state = 'broken';
    this.#failure = failure;
    if (this.#exchange?.isWhole === false) this.#breakRequest(this.#exchange, failure);
    else if (this.#reply === undefined) this.#endBroken(failure);
    return 'broken';
  }

  /** Ends a body that takes too long: that of the latest request, since none follows one that is not whole. */
  lookAtBody(look: Look): void {
    this.#exchange?.lookAtBody(look);
  }

  /** The rest of the latest request never comes. */
  #breakRequest(exchange: NodeExchange, failure: Failure | undefined): void {
    if (this.#reply === undefined || failure === undefined) this.socket.destroy();
    else exchange.breakOff(failure);
  }

  #replied(reply: ServerResponse): void {
    this.#unanswered -= 1;
    if (this.#reply !== reply) {
      this.#takeTurn();
      return;
    }
    this.#reply = undefined;
    const isWhole = this.#exchange?.isWhole === true;
    if (isWhole) this.#exchange = undefined;
    if (this.#state === 'broken') this.#endBroken(isWhole ? this.#failure : undefined);
  }

  /** Of the next request, unless its client has left. */
  #takeTurn(): void {
    const exchange = this.#waiting?.shift();
    if (exchange !== undefined && !this.socket.destroyed) this.#events.onTurn(exchange);
  }

  /** All replies to requests are out; `failure` answers what came behind them. */
  #endBroken(failure: Failure | undefined): void {
    if (!this.socket.writable) return;
    if (failure !== undefined) this.socket.write(malformedReply(failure));
    endWithLinger(this.socket);
  }
}
