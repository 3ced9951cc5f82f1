import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createNet, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { createSecureContext, TLSSocket } from 'node:tls';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Result } from '../../src/util/result.ts';
import type { BodySource } from '../../src/http/body-source.ts';
import type { ErrorCode } from '../../src/http/error-code.ts';
import { HttpCause } from '../../src/http/http-cause.ts';
import { createOutbound, type Outbound, type OutboundOptions } from '../../src/outbound/outbound.ts';
import { OutgoingBytes } from '../../src/http/outgoing-bytes.ts';
import type { OutboundRequest, OutboundResponse } from '../../src/outbound/send-request.ts';
import type { IoError } from '../../src/io/io-error.ts';
import { waitForAny } from '../../src/io/readiness.ts';
import { createRawHttp2Server, type RawHttp2Peer } from '../harness/raw-http2.ts';

/** An upstream on loopback, and what it saw of connections. */
export interface Upstream {
  readonly authority: string;
  readonly sockets: readonly Socket[];
}

/** Any `net.Server`: http, https, http2 or raw. It ends with its test. */
async function listen(server: Server): Promise<Upstream> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { authority: `127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

export function serveHttp(listener: RequestListener): Promise<Upstream> {
  return listen(createHttp({ requestTimeout: 0, keepAliveTimeout: 60_000 }, listener));
}

export function serveHttps(listener: RequestListener, certificate: Certificate): Promise<Upstream> {
  return listen(createHttps({ ...certificate, keepAliveTimeout: 60_000 }, listener));
}

export function serveHttp2(listener: RequestListener, certificate: Certificate): Promise<Upstream> {
  const server = createSecureServer({ ...certificate }, listener as never);
  server.on('sessionError', () => {});
  return listen(server);
}

/** A server that speaks bytes; `answer` is called for each connection once its first bytes are there. */
export function serveRaw(answer: (socket: Socket, head: string) => void): Promise<Upstream> {
  const server = createNet({ allowHalfOpen: false }, (socket) => {
    socket.once('data', (bytes) => answer(socket, bytes.toString('latin1')));
  });
  return listen(server);
}

/** An HTTP/2 server of frames; `answer` is called for each request that has come whole. */
export function serveRawHttp2(
  answer: (peer: RawHttp2Peer, streamId: number) => void,
  certificate: Certificate,
): Promise<Upstream> {
  return listen(createRawHttp2Server(certificate, answer));
}

/** As `serveRaw`, over TLS; `raw` is the connection below it. */
export function serveRawTls(
  answer: (socket: TLSSocket, raw: Socket) => void,
  certificate: Certificate,
): Promise<Upstream> {
  const secureContext = createSecureContext(certificate);
  const server = createNet((raw) => {
    const socket = new TLSSocket(raw, { isServer: true, secureContext });
    socket.on('error', () => {});
    socket.once('data', () => answer(socket, raw));
  });
  return listen(server);
}

/** The system's executable, not one of a package. */
const OPENSSL = 'openssl';

/** Key and certificate, PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A self-signed certificate for 127.0.0.1 and `upstream.test`. */
export function createCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'outbound-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = 'subjectAltName=IP:127.0.0.1,DNS:upstream.test';
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const args = ['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-subj', '/CN=test', '-addext', names];
  execFileSync(OPENSSL, args, { stdio: 'ignore' });
  const made = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true });
  return made;
}

/** An outbound that ends with its test. */
export function openOutbound(options?: OutboundOptions): Outbound {
  const outbound = createOutbound(options);
  onTestFinished(() => outbound[Symbol.asyncDispose]());
  return outbound;
}

export function toRequest(authority: string, parts: Partial<OutboundRequest> = {}): OutboundRequest {
  const timeouts = { connectTimeoutMs: 600_000, firstByteTimeoutMs: 600_000, betweenBytesTimeoutMs: 600_000 };
  const head = { method: 'GET', scheme: 'http', authority, pathWithQuery: '/', fields: [], body: undefined } as const;
  return { ...head, ...timeouts, ...parts };
}

export function createBody(contentLength?: bigint): OutgoingBytes {
  return new OutgoingBytes(contentLength, (val) => ({ tag: 'HTTP-request-body-size', val }));
}

/** A body of which everything is there already. */
export function createWholeBody(text: string, contentLength?: bigint): OutgoingBytes {
  const body = createBody(contentLength);
  if (text !== '') body.write(Buffer.from(text));
  body.finish(undefined);
  return body;
}

const NEVER = { isReady: () => false, onReady: () => {}, offReady: () => {} };

/** Waits until `source` is ready. */
export async function ready(source: Parameters<typeof waitForAny>[0][number]): Promise<void> {
  await waitForAny([source], NEVER);
}

/** How reading a body went: what came of it, and `closed` or the error code it failed with. */
export async function readAll(body: BodySource): Promise<{ text: string; end: unknown }> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    await ready(body);
    const piece = body.read(64 * 1024);
    if (piece instanceof Uint8Array) pieces.push(piece);
    else return { text: Buffer.concat(pieces).toString('latin1'), end: 'val' in piece ? codeOf(piece.val) : piece.tag };
  }
}

function codeOf({ cause }: IoError): unknown {
  return cause instanceof HttpCause ? cause.code : cause;
}

/** The response, or a failed test. */
export function unwrap(result: Result<OutboundResponse, ErrorCode>): OutboundResponse {
  if (result.tag === 'err')
    throw new Error(`no response: ${JSON.stringify(result.val, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`);
  return result.val;
}

/** A signal that never aborts. */
export function noSignal(): AbortSignal {
  return new AbortController().signal;
}

/** Waits for a condition that nothing announces, one turn of the event loop at a time. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Sockets and timers that keep this process alive, besides those of the test runner. */
export function activeResources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCPSocketWrap|TCPConnectWrap|TLSWrap|Timeout/.test(name));
}
