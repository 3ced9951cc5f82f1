import { type Socket, connect } from 'node:net';
import { ReplyParser, type ParsedReply } from './reply-parser.ts';

/** Requests that are sent repeatedly, until no connection is accepted any more. */
export interface LoadPlan {
  /** `http://HOST:PORT` */
  readonly origin: string;
  readonly connections: number;
  /** One request, byte for byte. */
  readonly request: string | Uint8Array;
  /** The length of the body of each reply. */
  readonly replyBytes: number;
  /** Whether a connection carries more than one request. Default `kept`. */
  readonly reuse?: 'kept' | 'new';
  /** How many requests a connection has under way. Default 1. */
  readonly depth?: number;
  /** `batch`: that many are sent when all before have their replies; `window`: one for each reply. Default `batch`. */
  readonly refill?: 'batch' | 'window';
}

/** What became of all requests. */
export interface LoadReport {
  /** Whole replies with status 200. */
  readonly answered: number;
  /** Connections whose last reply said `Connection: close`. */
  readonly toldToClose: number;
  /** Requests that were sent before their client could know, and stand behind a reply that said `Connection: close`: never begun. RFC 9112, 9.6. */
  readonly behindClose: number;
  /** A line for each connection that lost requests, or got something else than it should. */
  readonly faults: readonly string[];
}

/** Load under way. */
export interface Load {
  /** How many replies have come so far. */
  readonly answered: number;
  /** Lets each connection end by itself, unless connections are refused. */
  end(): void;
  readonly ended: Promise<LoadReport>;
}

/** How a connection ended: replies it got, requests that have none. */
interface ConnectionEnd {
  readonly at: 'closed' | 'refused';
  readonly isToldToClose: boolean;
  readonly unanswered: number;
  readonly fault: string | undefined;
}

/** Begins to send. */
export function startLoad(plan: LoadPlan): Load {
  let answered = 0;
  let state: 'sending' | 'ending' = 'sending';
  const faults: string[] = [];
  const sums = { toldToClose: 0, behindClose: 0 };
  const isEnding = (): boolean => state === 'ending';
  const client = async (): Promise<void> => {
    while (!isEnding()) {
      const end = await runConnection(plan, isEnding, () => (answered += 1));
      if (end.at === 'refused') return;
      if (end.isToldToClose) sums.toldToClose += 1;
      if (end.fault !== undefined) faults.push(end.fault);
      else sums.behindClose += end.unanswered;
    }
  };
  const clients = Array.from({ length: plan.connections }, client);
  return {
    get answered() {
      return answered;
    },
    end: () => void (state = 'ending'),
    ended: Promise.all(clients).then(() => ({ answered, ...sums, faults })),
  };
}

function runConnection(plan: LoadPlan, isEnding: () => boolean, onAnswered: () => void): Promise<ConnectionEnd> {
  const { hostname, port } = new URL(plan.origin);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  return new Promise((resolve) => {
    const exchanges = new Exchanges(socket, plan, isEnding, onAnswered);
    let isConnected = false;
    let error = '';
    socket.once('connect', () => {
      isConnected = true;
      exchanges.start();
    });
    socket.on('error', ({ message }) => (error = message));
    socket.on('data', (bytes: Buffer) => exchanges.take(bytes));
    socket.once('close', () => {
      if (isConnected) resolve(exchanges.toEnd(error));
      // Nothing was sent. A connection that was reset before it was seen to be there carried nothing either.
      else resolve({ at: 'refused', isToldToClose: false, unanswered: 0, fault: undefined });
    });
  });
}

/** Requests and replies of one connection. */
class Exchanges {
  readonly #socket: Socket;
  readonly #plan: LoadPlan;
  readonly #isEnding: () => boolean;
  readonly #onAnswered: () => void;
  readonly #parser = new ReplyParser((reply) => this.#answered(reply));
  #written = 0;
  #replies = 0;
  #isToldToClose = false;
  #wrong: string | undefined;

  constructor(socket: Socket, plan: LoadPlan, isEnding: () => boolean, onAnswered: () => void) {
    this.#socket = socket;
    this.#plan = plan;
    this.#isEnding = isEnding;
    this.#onAnswered = onAnswered;
  }

  start(): void {
    for (let count = this.#plan.depth ?? 1; count > 0; count -= 1) this.#send();
  }

  take(bytes: Buffer): void {
    this.#parser.push(bytes);
  }

  toEnd(error: string): ConnectionEnd {
    // A reply may come before its request is sent in full.
    const unanswered = Math.max(0, this.#written - this.#replies);
    const isBroken = this.#parser.isWithin || (unanswered > 0 && !this.#isToldToClose);
    const lost = `${unanswered} lost behind ${this.#replies} replies${this.#parser.isWithin ? ', one of them torn' : ''}: ${error || 'closed'}`;
    return {
      at: 'closed',
      isToldToClose: this.#isToldToClose,
      unanswered,
      fault: this.#wrong ?? (isBroken ? lost : undefined),
    };
  }

  /** A request counts when the kernel has taken all of it. */
  #send(): void {
    this.#socket.write(this.#plan.request, (error) => {
      if (error === undefined || error === null) this.#written += 1;
    });
  }

  #answered({ status, isLast, bodyBytes }: ParsedReply): void {
    this.#replies += 1;
    this.#onAnswered();
    if (this.#isToldToClose) this.#wrong ??= 'a reply behind Connection: close';
    if (status !== 200 || bodyBytes !== this.#plan.replyBytes) this.#wrong ??= `status ${status}, ${bodyBytes} bytes`;
    if (isLast) this.#isToldToClose = true;
    if (this.#isToldToClose || this.#isEnding() || this.#plan.reuse === 'new') {
      if (this.#written <= this.#replies) this.#socket.end();
      return;
    }
    const { depth = 1, refill = 'batch' } = this.#plan;
    if (refill === 'window') this.#send();
    else if (this.#replies % depth === 0) for (let count = depth; count > 0; count -= 1) this.#send();
  }
}
