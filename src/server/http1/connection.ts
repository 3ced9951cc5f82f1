import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientLimits } from '../../config/options.ts';
import { warnOfBug } from '../../util/bug.ts';
import type { Failure } from '../failure.ts';
import { dropInput, endAfter, endWithLinger } from './linger.ts';
import type { Look } from './look.ts';
import { HEAD_IS_LATE, type ParseError, malformationOf, malformedReply } from './malformed.ts';
import type { NodeExchange } from './node-exchange.ts';
import { ReadGate } from './read-gate.ts';

/** Whom a connection tells what happens on it. */
export interface ConnectionEvents {
  /** It is the turn of a request. */
  onTurn(exchange: NodeExchange): void;
  /** What has come is not a request. */
  onMalformed(failure: Failure): void;
}

/** A connection. Its requests are answered one after the other, so that its latest reply is the last that it waits for. */
export class Connection {
  readonly socket: Socket;
  readonly #events: ConnectionEvents;
  /** The latest, and the one whose turn it is. */
  #exchange: NodeExchange | undefined;
  #atWork: NodeExchange | undefined;
  #reply: ServerResponse | undefined;
  /** How many requests have come that are not answered; those too that never are. */
  #unanswered = 0;
  /** Those that wait for the replies to requests before them. */
  #waiting: NodeExchange[] | undefined;
  #hasPipelined = false;
  /** `ending`: no other request is answered. `broken`: what comes is no request at all. */
  #state: 'open' | 'ending' | 'broken' = 'open';
  #failure: Failure | undefined;
  readonly #limits: ClientLimits;
  readonly #gate: ReadGate;
  /** Whether the gate was shut when the latest request had come: a head that follows it may be late through no fault of its client. */
  #wasShut = false;
  /** A head that Node has given up though it was late for that reason, and how long its client had since. */
  #lateHead: { readonly error: ParseError; ms: number } | undefined;

  constructor(socket: Socket, limits: ClientLimits, events: ConnectionEvents) {
    this.socket = socket;
    this.#limits = limits;
    this.#events = events;
    this.#gate = new ReadGate(socket);
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

  /** How many requests have come that are not answered; those too that never are. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Counts a request that has come. If more are not answered than may be, nothing is read until one is. Behind the last that is answered, all is dropped. */
  count(): void {
    this.#unanswered += 1;
    this.#lateHead = undefined;
    if (!this.takesRequests) dropInput(this.socket);
    else if (this.#unanswered > this.#limits.maxPipelined) this.#gate.shut();
    this.#wasShut = this.#gate.isShut;
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
    if (isItsTurn) this.#begin(exchange);
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

  /** What comes is not a request, nor the rest of one. */
  break(error: ParseError): void {
    // Behind the last request nothing needs to be one.
    if (this.#state === 'broken' || (this.#state === 'ending' && this.#exchange?.isWhole !== false)) return;
    if (this.#wasShut && error.code === HEAD_IS_LATE) {
      this.#wasShut = false;
      this.#lateHead = { error, ms: 0 };
      return;
    }
    const failure = malformationOf(error, this.#limits);
    this.#state = 'broken';
    this.#failure = failure;
    if (this.#exchange?.isWhole === false) this.#breakRequest(this.#exchange, failure);
    else if (this.#reply === undefined) this.#endBroken(failure);
    if (failure !== undefined) this.#events.onMalformed(failure);
  }

  /** Ends what comes too slowly: the body of the latest request, since none follows one that is not whole, or a head. */
  lookAtInput(look: Look): void {
    if (this.#gate.isShut) return;
    this.#exchange?.lookAtBody(look);
    if (this.#lateHead === undefined) return;
    this.#lateHead.ms += look.elapsedMs;
    if (this.#lateHead.ms >= this.#limits.headTimeoutMs) this.break(this.#lateHead.error);
  }

  /** The request at work, if its guest is one that has to wait. */
  get held(): NodeExchange | undefined {
    return this.#atWork?.holdsGuest === true ? this.#atWork : undefined;
  }

  /** The rest of the latest request never comes. */
  #breakRequest(exchange: NodeExchange, failure: Failure | undefined): void {
    if (this.#reply === undefined || failure === undefined) this.socket.destroy();
    else exchange.breakOff(failure);
  }

  #replied(reply: ServerResponse): void {
    this.#unanswered -= 1;
    // Behind the last request that is answered all is dropped, which takes reading it.
    if (this.#unanswered <= this.#limits.maxPipelined || this.#state !== 'open') this.#gate.open();
    if (this.#reply !== reply) {
      this.#takeTurn();
      return;
    }
    this.#reply = undefined;
    const isWhole = this.#exchange?.isWhole === true;
    if (isWhole) {
      this.#exchange = undefined;
      this.#atWork = undefined;
    }
    if (this.#state === 'broken') this.#endBroken(isWhole ? this.#failure : undefined);
  }

  /** Of the next request, unless its client has left. */
  #takeTurn(): void {
    const exchange = this.#waiting?.shift();
    if (exchange !== undefined && !this.socket.destroyed) this.#begin(exchange);
  }

  #begin(exchange: NodeExchange): void {
    this.#atWork = exchange;
    this.#events.onTurn(exchange);
  }

  /** All replies to requests are out; `failure` answers what came behind them. */
  #endBroken(failure: Failure | undefined): void {
    if (!this.socket.writable) return;
    if (failure !== undefined) this.socket.write(malformedReply(failure));
    endWithLinger(this.socket);
  }
}
