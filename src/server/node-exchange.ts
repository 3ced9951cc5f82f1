import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { EMPTY_BODY } from '../wasi/http/body-source.ts';
import { type FieldEntries, toByteString } from '../wasi/http/field-entries.ts';
import type { RequestHead } from '../wasi/http/incoming.ts';
import { Wakers, type Readiness } from '../wasi/io/readiness.ts';
import type { Exchange, ReplyHead, ReplySink } from './exchange.ts';
import { NodeBody, pairUp } from './node-body.ts';
import { refusalOf, targetOf } from './refusal.ts';

/** A request and its reply on a socket of ours: raw header bytes in, direct writes out, backpressure both ways. */
export function createNodeExchange(incoming: IncomingMessage, outgoing: ServerResponse): Exchange {
  const body = hasBody(incoming) ? new NodeBody(incoming, outgoing) : undefined;
  return {
    head: toRequestHead(incoming),
    body: body ?? EMPTY_BODY,
    reply: new NodeReply(incoming, outgoing),
    clientLeft: clientLeft(incoming, outgoing),
    refusal: refusalOf(incoming),
    [Symbol.dispose]: () => body?.drain(),
  };
}

function toRequestHead(incoming: IncomingMessage): RequestHead {
  const { authority, pathWithQuery } = targetOf(incoming);
  return {
    method: incoming.method ?? 'GET',
    scheme: 'encrypted' in incoming.socket ? 'HTTPS' : 'HTTP',
    authority: authority ?? incoming.headers.host ?? '',
    pathWithQuery,
    fields: pairUp(incoming.rawHeaders),
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

/** The reset that answers an interim response has to be here before the next, which finds it. */
const ASK_AGAIN_MS = 500;

/**
 * Ready once the connection closed before the reply was written in full.
 *
 * A client that has closed looks like one that will send no more but waits for its reply, until something is sent to it: only the
 * first then resets the connection. So while there is no reply yet, interim responses ask. Source: RFC 9110, 15.2.
 */
function clientLeft(incoming: IncomingMessage, outgoing: ServerResponse): Readiness {
  const wakers = new Wakers();
  const { socket } = incoming;
  let timer: NodeJS.Timeout | undefined;
  const ask = (): void => {
    if (incoming.httpVersion === '1.1' && outgoing.socket !== null && !outgoing.headersSent) outgoing.writeProcessing();
  };
  const askTwice = (): void => {
    ask();
    timer = setTimeout(ask, ASK_AGAIN_MS);
  };
  socket.once('end', askTwice);
  outgoing.once('close', () => {
    socket.off('end', askTwice);
    clearTimeout(timer);
    wakers.wake();
  });
  return {
    isReady: () => outgoing.closed && !outgoing.writableFinished,
    onReady: (wake) => wakers.add(wake),
  };
}

/** A larger body costs more to copy behind its head than a second write. */
const MAX_JOINED_BYTES = 4096;

class NodeReply implements ReplySink {
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  readonly writable: Readiness;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.writable = {
      isReady: () => !outgoing.writableNeedDrain,
      onReady: (wake) => {
        outgoing.on('drain', wake);
        return () => void outgoing.off('drain', wake);
      },
    };
  }

  get isHeadSent(): boolean {
    return this.#outgoing.headersSent;
  }

  whole(head: ReplyHead, body: Uint8Array): void {
    this.#writeHead(head);
    if (head.framing.by === 'absence') this.#outgoing.end();
    // As a string Node puts it behind the head and writes both at once.
    else if (body.byteLength <= MAX_JOINED_BYTES) this.#outgoing.end(toByteString(body), 'latin1');
    else this.#outgoing.end(body);
  }

  start(head: ReplyHead): void {
    this.#writeHead(head);
    // `flushHeaders` would send the head as UTF-8; one without a body on the wire goes out when the reply ends, which is now.
    if (head.framing.by === 'absence') this.#outgoing.end();
    else this.#outgoing.write('', 'latin1');
  }

  write(bytes: Uint8Array): void {
    if (bytes.byteLength > 0 && !this.#outgoing.destroyed) this.#outgoing.write(bytes);
  }

  end(trailers: FieldEntries | undefined): void {
    if (trailers !== undefined && this.#outgoing.chunkedEncoding)
      this.#outgoing.addTrailers(trailers as [string, string][]);
    this.#outgoing.end();
  }

  /** Without a head on the wire it is enough to close, which harms no earlier reply; nor one whose turn is before this one's. */
  abort(): void {
    const { socket } = this.#outgoing;
    if (this.#outgoing.writableEnded) return;
    if (socket === null) this.#outgoing.once('socket', (assigned: Socket) => void assigned.destroy());
    else if (this.isHeadSent) socket.resetAndDestroy();
    else socket.destroy();
  }

  #writeHead({ status, fields, framing }: ReplyHead): void {
    const isChunked = framing.by === 'chunks' && this.#incoming.httpVersion === '1.1';
    // Node refuses to announce trailers where there can be none.
    const isDropped = (name: string): boolean => name === 'content-length' || (name === 'trailer' && !isChunked);
    const raw = fields.flatMap(([name, value]) => (isDropped(name) ? [] : [name, value]));
    const declared = fields.find(([name]) => name === 'content-length')?.[1];
    if (framing.by === 'length') raw.push('content-length', `${framing.byteLength}`);
    if (framing.by === 'absence' && declared !== undefined && status !== 204) raw.push('content-length', declared);
    this.#outgoing.writeHead(status, raw);
  }
}
