import type { IncomingMessage, ServerResponse } from 'node:http';
import { EMPTY_BODY } from '../wasi/http/body-source.ts';
import type { FieldEntries } from '../wasi/http/field-entries.ts';
import type { RequestHead } from '../wasi/http/incoming.ts';
import { isAuthority } from '../wasi/http/syntax.ts';
import { Wakers, type Readiness } from '../wasi/io/readiness.ts';
import type { Exchange, ReplyHead, ReplySink } from './exchange.ts';
import { NodeBody, expectsContinue, pairUp } from './node-body.ts';

/** A request and its reply on a socket of ours: raw header bytes in, direct writes out, backpressure both ways. */
export function createNodeExchange(incoming: IncomingMessage, outgoing: ServerResponse): Exchange {
  return {
    head: toRequestHead(incoming),
    body: hasBody(incoming) ? new NodeBody(incoming, outgoing) : EMPTY_BODY,
    reply: new NodeReply(incoming, outgoing),
    clientLeft: clientLeft(outgoing),
  };
}

/** What is wrong with a request's `Host`, if anything. Source: RFC 9112, 3.2. */
export function hostComplaint(incoming: IncomingMessage): string | undefined {
  const hosts = incoming.headersDistinct['host'] ?? [];
  if (hosts.length === 0) return 'the request has no Host';
  if (hosts.length > 1) return 'the request has more than one Host';
  return isAuthority(hosts[0] ?? '') ? undefined : 'the Host of the request is not valid';
}

function toRequestHead(incoming: IncomingMessage): RequestHead {
  const target = /^https?:\/\/([^/?#]*)(.*)$/i.exec(incoming.url ?? '/');
  return {
    method: incoming.method ?? 'GET',
    scheme: 'encrypted' in incoming.socket ? 'HTTPS' : 'HTTP',
    authority: target?.[1] ?? incoming.headers.host ?? '',
    pathWithQuery: target === null ? (incoming.url ?? '/') : toOriginForm(target[2] ?? ''),
    fields: pairUp(incoming.rawHeaders),
  };
}

function toOriginForm(rest: string): string {
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

/** Ready once the connection closed before the reply was written in full. */
function clientLeft(outgoing: ServerResponse): Readiness {
  const wakers = new Wakers();
  outgoing.once('close', () => wakers.wake());
  return {
    isReady: () => outgoing.closed && !outgoing.writableFinished,
    onReady: (wake) => wakers.add(wake),
  };
}

class NodeReply implements ReplySink {
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  whole(head: ReplyHead, body: Uint8Array): void {
    this.#writeHead(head);
    this.#outgoing.end(head.framing.by === 'absence' ? undefined : body);
  }

  start(head: ReplyHead): void {
    this.#writeHead(head);
    this.#outgoing.flushHeaders();
  }

  write(bytes: Uint8Array): true | Promise<void> {
    const outgoing = this.#outgoing;
    if (bytes.byteLength === 0 || outgoing.destroyed || outgoing.write(bytes)) return true;
    return new Promise((resolve) => {
      const go = (): void => {
        outgoing.off('drain', go);
        outgoing.off('close', go);
        resolve();
      };
      outgoing.on('drain', go);
      outgoing.on('close', go);
    });
  }

  end(trailers: FieldEntries | undefined): void {
    if (trailers !== undefined && this.#outgoing.chunkedEncoding) this.#outgoing.addTrailers(trailers as [string, string][]);
    this.#outgoing.end();
  }

  abort(): void {
    const { socket } = this.#outgoing;
    if (socket === null) this.#outgoing.destroy();
    else socket.resetAndDestroy();
  }

  #writeHead({ status, fields, framing }: ReplyHead): void {
    const raw = fields.flatMap(([name, value]) => (name === 'content-length' ? [] : [name, value]));
    const declared = fields.find(([name]) => name === 'content-length')?.[1];
    if (framing.by === 'length') raw.push('content-length', `${framing.byteLength}`);
    if (framing.by === 'absence' && declared !== undefined && status !== 204) raw.push('content-length', declared);
    if (this.#clientStillWaitsToSend()) raw.push('connection', 'close');
    this.#outgoing.writeHead(status, raw);
  }

  /** A client that was never told to go on may or may not send its body: the connection cannot be used again. */
  #clientStillWaitsToSend(): boolean {
    return expectsContinue(this.#incoming) && !this.#outgoing.writableEnded && !this.#incoming.readableDidRead;
  }
}
