import { type IncomingMessage, METHODS } from 'node:http';
import type { ClientLimits } from '../../config/listener-options.ts';
import { HOPS_FIELD, isLoop } from '../../http/hops.ts';
import { isAuthority } from '../../http/syntax.ts';
import { type Failure, clientFault } from '../failure.ts';

export const OTHER_VERSION = clientFault(505, 'the HTTP version of the request is neither 1.0 nor 1.1');

/** Why a request that Node has accepted is refused before a guest sees it, if it is. Source: RFC 9112, 2.3, 3.2, 6.1; RFC 9110, 9.3.6. */
export function refusalOf(incoming: IncomingMessage, limits: ClientLimits): Failure | undefined {
  const { headers, httpVersionMajor, method, rawHeaders, url = '/' } = incoming;
  if (httpVersionMajor !== 1) return OTHER_VERSION;
  if (!isHttp(incoming)) return badRequest('the protocol of the request is not HTTP');
  if (url.length > limits.maxTargetBytes) return targetTooLong(limits);
  if (rawHeaders.length > 2 * limits.maxHeaders) return tooManyHeaders(limits);
  if (url === '*' && method !== 'OPTIONS') return badRequest('the target * is only for OPTIONS');
  const target = targetOf(incoming);
  if (target === undefined)
    return badRequest(
      `the target of the request is neither ${EXPECTED_TARGETS[method === 'CONNECT' ? 'authority' : 'path']} nor an http URL`,
    );
  if (headers.host === undefined) return badRequest('the request has no Host field');
  if (countHosts(rawHeaders) > 1) return badRequest('the request has more than one Host field');
  if (!isAuthority(headers.host)) return badRequest('the Host field of the request is invalid');
  if (target.authority !== undefined && !isAuthority(target.authority))
    return badRequest('the authority of the request is invalid');
  return loopRefusal(headers[HOPS_FIELD]) ?? bodyRefusalOf(incoming, limits);
}

const EXPECTED_TARGETS = { authority: 'an authority', path: 'a path' } as const;

const HTTP_METHODS: ReadonlySet<string | undefined> = new Set(METHODS);

/** Methods that Node's parser accepts for other protocols too. Source: llhttp's `METHODS_RTSP` and `METHODS_ICE`. */
const SHARED_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'POST', 'OPTIONS', 'SOURCE']);

/**
 * Whether a request names HTTP as its protocol: Node's parser also accepts `RTSP/1.0` and `ICE/1.0`, and does not say so.
 *
 * So this searches for the request line in the bytes that are being parsed, which contain it if it came with the end of the head. Copying them takes
 * a microsecond, which is spent for HTTP/1.0 only, the version of these protocols.
 */
function isHttp({ method, url, httpVersionMinor, socket }: IncomingMessage): boolean {
  if (!HTTP_METHODS.has(method)) return false;
  if (httpVersionMinor !== 0 || !SHARED_METHODS.has(method)) return true;
  const { parser } = socket as { parser?: { getCurrentBuffer?(): Buffer } };
  const bytes = parser?.getCurrentBuffer?.().toString('latin1') ?? '';
  const line = `${method} ${url} `;
  const [asHttp, asRtsp, asIce] = ['HTTP/', 'RTSP/', 'ICE/'].map((name) => {
    const at = bytes.indexOf(line + name);
    return at === -1 ? Infinity : at;
  }) as [number, number, number];
  return asHttp <= Math.min(asRtsp, asIce);
}

/** Refuses a request that guests have passed on in a loop, by the values of its `cdn-loop` field, if it has one. */
export function loopRefusal(hops: string | readonly string[] | null | undefined): Failure | undefined {
  if (hops === undefined || hops === null || !isLoop(`${hops}`)) return undefined;
  return clientFault(508, 'the request was passed on too often: guests call each other in a loop');
}

export function isBodyTooLarge(byteLength: number, { maxBodyBytes }: ClientLimits): boolean {
  return maxBodyBytes > 0 && byteLength > maxBodyBytes;
}

/** The failure of a request whose body is too large, by its declared length or by what has arrived. */
export function bodyTooLarge({ maxBodyBytes }: ClientLimits): Failure {
  return clientFault(413, `the body of the request is larger than ${maxBodyBytes} bytes (--max-body)`);
}

/** Whether what follows the request on its connection cannot be trusted to be another one. */
export function endsConnection({ method, headers, httpVersionMinor }: IncomingMessage): boolean {
  // Node loses what it has read after a request that asks for an upgrade or a tunnel. Source of the last: RFC 9112, 6.1.
  if (headers.upgrade !== undefined || method === 'CONNECT') return true;
  return httpVersionMinor === 0 && headers['transfer-encoding'] !== undefined;
}

function bodyRefusalOf({ headers }: IncomingMessage, limits: ClientLimits): Failure | undefined {
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return clientFault(501, 'the request has a transfer coding other than chunked');
  return isBodyTooLarge(Number(headers['content-length'] ?? 0), limits) ? bodyTooLarge(limits) : undefined;
}

function targetTooLong({ maxTargetBytes }: ClientLimits): Failure {
  return clientFault(414, `the target of the request is longer than ${maxTargetBytes} bytes (--max-target)`);
}

function tooManyHeaders({ maxHeaders }: ClientLimits): Failure {
  return clientFault(431, `the request has more than ${maxHeaders} fields (--max-headers)`);
}

/** The parts of a request target. It has an authority in absolute form, and nothing else for CONNECT. Source: RFC 9112, 3.2. */
export interface RequestTarget {
  readonly authority: string | undefined;
  readonly pathWithQuery: string | undefined;
}

/** The target of a request; `undefined` if it is neither a path, nor `*`, nor an http URL; for CONNECT, neither an authority nor an http URL. */
export function targetOf({ method, url = '/' }: IncomingMessage): RequestTarget | undefined {
  if (method === 'CONNECT' && isAuthority(url)) return { authority: url, pathWithQuery: undefined };
  if (method !== 'CONNECT' && (url.startsWith('/') || url === '*')) return { authority: undefined, pathWithQuery: url };
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url);
  if (absolute === null) return undefined;
  const [, authority, rest = ''] = absolute;
  return { authority, pathWithQuery: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Counts the Host fields, of which Node keeps only the first in `headers`. Shape of `raw`: names and values in turn. */
function countHosts(raw: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

function badRequest(reason: string): Failure {
  return clientFault(400, reason);
}
