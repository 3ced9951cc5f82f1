import {
  Agent,
  type ClientRequest,
  type ClientRequestArgs,
  type IncomingMessage,
  request as requestByNode,
} from 'node:http';
import type { RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { callSafely } from '../../util/bug.ts';
import { toError } from '../../util/to-error.ts';
import { UpstreamFailure } from './error-table.ts';
import type { FieldEntries } from './field-entries.ts';
import type { OutboundRequest } from './send-request.ts';
import { MAX_SECTION_BYTES, type UpstreamExchange } from './upstream-exchange.ts';
import { KEEP_ALIVE_MS } from './upstream-pool.ts';
import { assertWireFields } from './wire-door.ts';
import { toEntries, toWireFields, toWirePath } from './wire-fields.ts';

/** What a request tells the agent about its connection. */
interface UpstreamOptions extends RequestOptions {
  readonly upstream: { readonly key: string; readonly connect: () => Promise<Socket> };
}

type SocketCallback = (error: Error | null, socket: Socket) => void;

/** Keeps node:http's connections, plain and TLS ones alike; each is made by the request that wants it. */
export class NodeConnections extends Agent {
  constructor() {
    super({ keepAlive: true, timeout: KEEP_ALIVE_MS });
  }

  /** Whether a request to the target would find a connection. */
  hasIdle(key: string): boolean {
    return (this.freeSockets[key]?.length ?? 0) > 0;
  }

  override getName(options?: object): string {
    return (options as UpstreamOptions).upstream.key;
  }

  override createConnection(options: ClientRequestArgs, callback?: SocketCallback): undefined {
    if (callback !== undefined) void hand((options as UpstreamOptions).upstream.connect(), callback);
  }
}

/**
 * Sends a request over HTTP/1.1 by node:http, which can what undici cannot: send the head before the body's first byte,
 * send trailers and `expect`, and take a 100 (Continue) that nobody asked for. `connect` is called in the same turn unless a
 * kept connection is free. Throws where Node refuses the head.
 */
export function sendByNode(
  agent: NodeConnections,
  request: OutboundRequest,
  exchange: UpstreamExchange,
  upstream: UpstreamOptions['upstream'],
): void {
  const options: UpstreamOptions = {
    agent,
    upstream,
    method: request.method,
    path: toWirePath(request.pathWithQuery),
    headers: withFraming(request, toWireFields(request)),
    setHost: false,
    maxHeaderSize: MAX_SECTION_BYTES,
  };
  start(requestByNode(options), request, exchange);
}

function start(outgoing: ClientRequest, request: OutboundRequest, exchange: UpstreamExchange): void {
  let incoming: IncomingMessage | undefined;
  // The section's size is bounded; a bound on the number would drop fields in silence.
  outgoing.maxHeadersCount = 0;
  outgoing.on('socket', () => exchange.connected());
  outgoing.on('information', () => exchange.informational());
  outgoing.on('error', (error) => exchange.fail(error));
  outgoing.on('close', () => exchange.fail(new UpstreamFailure({ tag: 'connection-terminated' })));
  outgoing.on('response', (response) => {
    incoming = response;
    exchange.attempt(() => receive(response, exchange));
  });
  // A response that is complete before its request ends the request.
  exchange.onEnd(() => !outgoing.writableFinished && outgoing.destroy());
  exchange.attach({
    pause: () => incoming?.pause(),
    resume: () => incoming?.resume(),
    abort: (error) => outgoing.destroy(error),
  });
  sendBody(outgoing, request, exchange);
}

function receive(response: IncomingMessage, exchange: UpstreamExchange): void {
  response.on('data', (bytes: Buffer) => exchange.bytes(bytes));
  response.on('end', () => exchange.attempt(() => exchange.end(toEntries(response.rawTrailers))));
  response.on('error', (error) => exchange.fail(error));
  exchange.head(response.statusCode ?? 0, toEntries(response.rawHeaders));
}

function sendBody(outgoing: ClientRequest, request: OutboundRequest, exchange: UpstreamExchange): void {
  const { outgoing: body } = exchange;
  if (body === undefined) return void outgoing.end();
  // Sends the head. `flushHeaders` would too, but as UTF-8.
  outgoing.write(new Uint8Array(0));
  const end = (): void => {
    const trailers = announced(request.fields, body.trailers ?? []);
    assertWireFields(trailers);
    if (trailers.length > 0 && request.body?.contentLength === undefined) outgoing.addTrailers(trailers);
    outgoing.end();
  };
  body.on('end', () => exchange.attempt(end));
  body.pipe(outgoing, { end: false });
}

/** With a body of no declared length: chunked, whatever the method. */
function withFraming({ body }: OutboundRequest, fields: string[]): string[] {
  return body !== undefined && body.contentLength === undefined ? [...fields, 'transfer-encoding', 'chunked'] : fields;
}

/** The trailers whose names a `trailer` field holds; the others are not sent. Source: RFC 9110, 6.6.2, as hyper does. */
function announced(fields: FieldEntries, trailers: FieldEntries): [string, string][] {
  const names = fields.flatMap(([name, value]) => (name === 'trailer' ? value.split(',') : []));
  const allowed = new Set(names.map((name) => name.trim().toLowerCase()));
  return trailers.filter(([name]) => allowed.has(name)).map(([name, value]) => [name, value]);
}

async function hand(connecting: Promise<Socket>, callback: SocketCallback): Promise<void> {
  let socket: Socket;
  try {
    socket = await connecting;
  } catch (error) {
    // Node's types ask for a socket where there is none.
    callSafely(() => callback(toError(error), undefined as never));
    return;
  }
  callSafely(() => callback(null, socket));
}
