import { lookup as lookupByOs, type LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { UpstreamFailure } from '../error-table.ts';
import type { AddressCheck } from '../outbound-policy.ts';
import { Countdown } from '../countdown.ts';
import type { Target } from '../upstream-target.ts';
import { onceEnded } from './once-ended.ts';
import { TlsTransport } from './tls-transport.ts';
import { UpstreamTcp } from './upstream-tcp.ts';

/** How a host connects to any upstream. */
export interface ConnectOptions {
  /** Resolves names; by default as the operating system does. */
  readonly lookup?: LookupFunction;
  /** PEM certificates to trust in place of Node's own list. */
  readonly ca?: readonly string[];
}

/** One connection that is wanted. */
export interface Wanted {
  readonly target: Target;
  readonly isAllowed: AddressCheck;
  /** For ALPN, the best first. */
  readonly protocols: readonly ('h2' | 'http/1.1')[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A connection that was made. */
export interface UpstreamSocket {
  readonly socket: Socket;
  /** The TCP socket, the same one unless there is TLS between. */
  readonly raw: Socket;
  /** Once the socket has ended: whether that was the doing of somebody who cannot speak for the upstream. */
  isCut(): boolean;
}

/**
 * Connects, over TLS ready for the first byte. The address is checked after its name was resolved, so that the one that is
 * checked is the one that is used. Rejects with an `UpstreamFailure` or Node's error; then nothing is left open.
 */
export async function connectUpstream(wanted: Wanted, options: ConnectOptions): Promise<UpstreamSocket> {
  const { target, signal } = wanted;
  if (isIP(target.host) !== 0 && !wanted.isAllowed(target.host)) throw denied();
  signal.throwIfAborted();
  const raw = openTcp(wanted, options);
  let outer: Socket = raw;
  const giveUp = (): void => void outer.destroy(new UpstreamFailure({ tag: 'connection-terminated' }, 'given up'));
  using timer = new Countdown(wanted.timeoutMs, () =>
    outer.destroy(new UpstreamFailure({ tag: 'connection-timeout' })),
  );
  timer.start();
  signal.addEventListener('abort', giveUp);
  try {
    await once(raw, 'connect');
    if (target.scheme === 'http') return { socket: raw, raw, isCut: () => raw.isReset };
    const secure = openTls(raw, wanted, options);
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

function openTcp({ target, isAllowed }: Wanted, { lookup = lookupByOs }: ConnectOptions): UpstreamTcp {
  const { host, port } = target;
  const socket = new UpstreamTcp({ noDelay: true, keepAlive: true });
  socket.connect({ host, port, lookup: guard(lookup, isAllowed) });
  // Whoever gets the socket adds its own listener; an error before or after that must not end the process.
  return socket.on('error', () => {});
}

function openTls(raw: Socket, { target: { host }, protocols }: Wanted, { ca }: ConnectOptions): UpstreamSocket {
  const transport = new TlsTransport(raw);
  // A server name is a name: an address as one is against RFC 6066, 3.
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const trust = ca && { ca: [...ca] };
  const socket = connectTls({ socket: transport, host, ...servername, ALPNProtocols: [...protocols], ...trust });
  socket.allowHalfOpen = false;
  socket.on('error', () => {});
  let isCut = false;
  onceEnded(socket, () => (isCut = transport.readableEnded));
  return { socket, raw, isCut: () => isCut };
}

/** A `lookup` that gives only addresses that are allowed, and fails where a name has no other. */
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
