import { lookup as lookupByOs, type LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { UpstreamFailure } from './error-table.ts';
import type { AddressCheck } from './outbound-policy.ts';
import { Timer } from './timer.ts';
import type { Target } from './upstream-target.ts';

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

/**
 * Connects, over TLS ready for the first byte. The address is checked after its name was resolved, so that the one that is
 * checked is the one that is used. Rejects with an `UpstreamFailure` or Node's error; then nothing is left open.
 */
export async function connectUpstream(wanted: Wanted, options: ConnectOptions): Promise<Socket> {
  const { target, signal } = wanted;
  if (isIP(target.host) !== 0 && !wanted.isAllowed(target.host)) throw denied();
  signal.throwIfAborted();
  const socket = open(wanted, options);
  // Whoever gets the socket adds its own listener; an error before or after that must not end the process.
  socket.on('error', () => {});
  const giveUp = (): void => void socket.destroy(new UpstreamFailure({ tag: 'connection-terminated' }, 'given up'));
  using timer = new Timer(wanted.timeoutMs, () => socket.destroy(new UpstreamFailure({ tag: 'connection-timeout' })));
  timer.start();
  signal.addEventListener('abort', giveUp);
  try {
    await once(socket, target.scheme === 'https' ? 'secureConnect' : 'connect');
    return socket;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

function open({ target, isAllowed, protocols }: Wanted, { lookup = lookupByOs, ca }: ConnectOptions): Socket {
  const { host, port } = target;
  const address = { host, port, noDelay: true, keepAlive: true, lookup: guard(lookup, isAllowed) };
  if (target.scheme === 'http') return connect(address);
  // A server name is a name: an address as one is against RFC 6066, 3.
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ ...address, ...servername, ALPNProtocols: [...protocols], ...(ca && { ca: [...ca] }) });
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
