import { lookup as lookupByOs, type LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { UpstreamFailure } from '../to-error-code.ts';
import type { AddressCheck } from '../outbound-policy.ts';
import { Countdown } from '../countdown.ts';
import type { Target } from '../target.ts';
import { onceEnded } from './once-ended.ts';
import { TlsTransport } from './tls-transport.ts';
import { UpstreamTcp } from './upstream-tcp.ts';

/** How a host connects to upstreams. */
export interface ConnectOptions {
  /** Resolves names; by default with the operating system's resolver. */
  readonly lookup?: LookupFunction;
  /** PEM certificates to trust instead of Node's own list. */
  readonly ca?: readonly string[];
}

/** The connection to open. */
export interface ConnectRequest {
  readonly target: Target;
  readonly isAllowed: AddressCheck;
  /** The protocols for ALPN, in order of preference. */
  readonly protocols: readonly ('h2' | 'http/1.1')[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** An open connection. */
export interface UpstreamSocket {
  readonly socket: Socket;
  /** The TCP socket: the same one, unless there is TLS on top. */
  readonly raw: Socket;
  /** Once the socket has ended: whether someone other than the upstream may have ended it. */
  isCut(): boolean;
}

/**
 * Connects, including the TLS handshake. The address is checked after the name is resolved, so that the checked address is the one that is used.
 * Rejects with an `UpstreamFailure` or Node's error; then nothing is left open.
 */
export async function connectUpstream(request: ConnectRequest, options: ConnectOptions): Promise<UpstreamSocket> {
  const { target, signal } = request;
  if (isIP(target.host) !== 0 && !request.isAllowed(target.host)) throw denied();
  signal.throwIfAborted();
  const raw = openTcp(request, options);
  let outer: Socket = raw;
  const giveUp = (): void => void outer.destroy(new UpstreamFailure({ tag: 'connection-terminated' }, 'given up'));
  using timer = new Countdown(request.timeoutMs, () =>
    outer.destroy(new UpstreamFailure({ tag: 'connection-timeout' })),
  );
  timer.start();
  signal.addEventListener('abort', giveUp);
  try {
    await once(raw, 'connect');
    if (target.scheme === 'http') return { socket: raw, raw, isCut: () => raw.isReset };
    const secure = openTls(raw, request, options);
    outer = secure.socket;
    await once(outer, 'secureConnect');
    return secure;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** Whether TLS agreed on HTTP/2. */
export function isHttp2(socket: Socket): boolean {
  return (socket as Partial<TLSSocket>).alpnProtocol === 'h2';
}

function openTcp({ target, isAllowed }: ConnectRequest, { lookup = lookupByOs }: ConnectOptions): UpstreamTcp {
  const { host, port } = target;
  const socket = new UpstreamTcp({ noDelay: true, keepAlive: true });
  socket.connect({ host, port, lookup: guard(lookup, isAllowed) });
  // The socket's user adds its own listener; an error before or after that must not end the process.
  return socket.on('error', () => {});
}

function openTls(raw: Socket, { target: { host }, protocols }: ConnectRequest, { ca }: ConnectOptions): UpstreamSocket {
  const transport = new TlsTransport(raw);
  // RFC 6066, 3 does not allow an address as server name.
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const trust = ca && { ca: [...ca] };
  const socket = connectTls({ socket: transport, host, ...servername, ALPNProtocols: [...protocols], ...trust });
  socket.allowHalfOpen = false;
  socket.on('error', () => {});
  let isCut = false;
  onceEnded(socket, () => (isCut = transport.readableEnded));
  return { socket, raw, isCut: () => isCut };
}

/** A `lookup` that returns only allowed addresses, and fails if a name has none. */
function guard(lookup: LookupFunction, isAllowed: AddressCheck): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found, family) => {
      if (error) return callback(error, '');
      const addresses = toList(found, family).filter(({ address }) => isAllowed(address));
      const [first] = addresses;
      if (first === undefined) return callback(denied(), '');
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

function toList(found: string | LookupAddress[], family: number | undefined): LookupAddress[] {
  return typeof found === 'string' ? [{ address: found, family: family ?? isIP(found) }] : found;
}

function denied(): UpstreamFailure {
  return new UpstreamFailure({ tag: 'HTTP-request-denied' });
}
