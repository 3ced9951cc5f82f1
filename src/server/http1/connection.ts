import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientLimits } from '../../config/listener-options.ts';
import { warnOfBug } from '../../util/bug.ts';
import type { Failure } from '../failure.ts';
import { HEAD_IS_LATE, HeadTime } from './head-time.ts';
import { dropInput, endAfter, endWithLinger } from './linger.ts';
import type { Sweep } from './sweep.ts';
import { type ParseError, malformationOf, malformedReply } from './malformed.ts';
import type { NodeExchange } from './node-exchange.ts';
import { ReadGate } from './read-gate.ts';

/** Called with what happens on a connection. */
export interface ConnectionEvents {
  /** A request is the next to be answered. */
  onTurn(exchange: NodeExchange): void;
  /** What arrived is not a request. */
  onMalformed(failure: Failure): void;
}

/** A connection of a server. Its requests are answered one after the other, so the latest reply is the last one that is due. */
export class Connection {
  readonly socket: Socket;
  readonly #events: ConnectionEvents;
  /** The latest request that has arrived. */
  #latest: NodeExchange | undefined;
  /** The request that is being answered. */
  #current: NodeExchange | undefined;
  /** The reply to the latest request, until it is sent. */
  #reply: ServerResponse | undefined;
  /** How many requests have arrived and are not answered, including those that never will be. */
  #unanswered = 0;
  /** Requests that wait for the replies to earlier ones. */
  #waiting: NodeExchange[] | undefined;
  #hasPipelined = false;
  /** `ending`: no further request is answered. `broken`: what arrives is not a request. */
  #state: 'open' | 'ending' | 'broken' = 'open';
  #failure: Failure | undefined;
  readonly #limits: ClientLimits;
  readonly #gate: ReadGate;
  /** Whether the gate was shut when the latest request arrived: then a head that follows it may be late through no fault of its client. */
  #wasShut = false;
  /** Node's error for a head that was late for that reason, and the time that its client gets. */
  #lateHead: { readonly error: ParseError; readonly time: HeadTime } | undefined;

  constructor(socket: Socket, limits: ClientLimits, events: ConnectionEvents) {
    this.socket = socket;
    this.#limits = limits;
    this.#events = events;
    this.#gate = new ReadGate(socket);
  }

  /** The reply to the latest request, until it is sent. */
  get reply(): ServerResponse | undefined {
    return this.#reply;
  }

  /** Whether a request that arrives now is answered: not after a reply that said `Connection: close`. */
  get #takesRequests(): boolean {
    const hasSaidClose = this.#reply?.headersSent === true && !this.#reply.shouldKeepAlive;
    return this.#state === 'open' && this.socket.writable && !hasSaidClose;
  }

  /** Whether the client has ever sent a request before it had the reply to an earlier one. */
  get hasPipelined(): boolean {
    return this.#hasPipelined;
  }

  /** How many requests have arrived and are not answered, including those that never will be. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /**
   * Counts a request that has arrived; returns whether it is answered. While too many are unanswered, nothing more is read. After the last request that is
   * answered, all that arrives is dropped.
   */
  count(): boolean {
    const isAnswered = this.#takesRequests;
    this.#unanswered += 1;
    this.#lateHead = undefined;
    if (!isAnswered) dropInput(this.socket);
    else if (this.#unanswered > this.#limits.maxPipelined) this.#gate.shut();
    this.#wasShut = this.#gate.isShut;
    return isAnswered;
  }

  /** A request has arrived, which `reply` will answer in its turn. */
  asked(exchange: NodeExchange, reply: ServerResponse): void {
    const isItsTurn = this.#reply === undefined;
    this.#latest = exchange;
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
    if (isItsTurn) this.#begin(exchange);
    else {
      this.#hasPipelined = true;
      (this.#waiting ??= []).push(exchange);
    }
  }

  /** Makes the latest reply say `Connection: close`, if its head is not sent. A request that arrives before it is sent is still answered. */
  announceClose(): void {
    if (this.#state === 'open' && this.#reply?.headersSent === false) endAfter(this.#reply, this.socket);
  }

  /** Like `announceClose`, but no request that arrives from now on is answered. */
  endAfterReply(): void {
    this.announceClose();
    if (this.#state === 'open' && this.#reply?.shouldKeepAlive === false) this.#state = 'ending';
  }

  /** What arrives is neither a request nor the rest of one. */
  break(error: ParseError): void {
    // What follows the last request is dropped anyway.
    if (this.#state === 'broken' || (this.#state === 'ending' && this.#latest?.isWhole !== false)) return;
    if (this.#wasShut && error.code === HEAD_IS_LATE) {
      this.#wasShut = false;
      this.#lateHead = { error, time: new HeadTime(this.#limits) };
      return;
    }
    const failure = malformationOf(error, this.#limits);
    this.#state = 'broken';
    this.#failure = failure;
    if (this.#latest?.isWhole === false) this.#breakRequest(this.#latest, failure);
    else if (this.#reply === undefined) this.#endBroken(failure);
    if (failure !== undefined) this.#events.onMalformed(failure);
  }

  /** Ends what arrives too slowly: the body of the latest request, since nothing follows one that is not whole, or a head. */
  checkInput(sweep: Sweep): void {
    if (this.#gate.isShut) return;
    this.#latest?.checkBody(sweep);
    if (this.#lateHead?.time.isOver(sweep) === true) this.break(this.#lateHead.error);
  }

  /** The request that is being answered, if its guest waits. */
  get held(): NodeExchange | undefined {
    return this.#current?.holdsGuest === true ? this.#current : undefined;
  }

  /** The rest of the latest request never arrives. */
  #breakRequest(exchange: NodeExchange, failure: Failure | undefined): void {
    if (this.#reply === undefined || failure === undefined) this.socket.destroy();
    else exchange.breakOff(failure);
  }

  #replied(reply: ServerResponse): void {
    this.#unanswered -= 1;
    // What follows the last request that is answered is dropped, which takes reading it.
    if (this.#unanswered <= this.#limits.maxPipelined || this.#state !== 'open') this.#gate.open();
    if (this.#reply !== reply) {
      this.#next();
      return;
    }
    this.#reply = undefined;
    const isWhole = this.#latest?.isWhole === true;
    if (isWhole) {
      this.#latest = undefined;
      this.#current = undefined;
    }
    if (this.#state === 'broken') this.#endBroken(isWhole ? this.#failure : undefined);
  }

  /** Begins with the next request, unless the client has left. */
  #next(): void {
    const exchange = this.#waiting?.shift();
    if (exchange !== undefined && !this.socket.destroyed) this.#begin(exchange);
  }

  #begin(exchange: NodeExchange): void {
    this.#current = exchange;
    this.#events.onTurn(exchange);
  }

  /** All replies are sent. `failure` answers what arrived after the requests. */
  #endBroken(failure: Failure | undefined): void {
    if (!this.socket.writable) return;
    if (failure !== undefined) this.socket.write(malformedReply(failure));
    endWithLinger(this.socket);
  }
}
