import { HostError } from '../../util/host-error.ts';
import {
  HOST_FORMS,
  type HostPattern,
  isListedAddress,
  isOrdinaryAddress,
  matchesName,
  parseHostPort,
} from '../../outbound/host-pattern.ts';
import { parseIpAddress } from '../../util/ip-network.ts';
import type { SocketEndpoint } from './socket-address.ts';

/** What a socket is about to do with an address. Source: wasmtime's `SocketAddrUse`. */
export type AddressUse = 'bind' | 'listen' | 'connect' | 'send' | 'receive';

/** The names that a guest has resolved, by address: what a name in the list allows is known only then. */
export type ResolvedNames = ReadonlyMap<bigint, ReadonlySet<string>>;

/** What a guest may do with the network. */
export interface NetPolicy {
  readonly tcp: boolean;
  readonly udp: boolean;
  mayLookUp(name: string): boolean;
  mayUse(endpoint: SocketEndpoint, use: AddressUse, resolved: ResolvedNames): boolean;
}

/** The options that say so. */
export interface NetOptions {
  readonly inheritNetwork: boolean;
  readonly allowTcp: boolean | undefined;
  readonly allowUdp: boolean | undefined;
  readonly allowIpNameLookup: boolean;
  readonly allowNet: readonly string[] | undefined;
}

/** An entry of `--allow-net`. */
interface Entry {
  readonly host: HostPattern;
  /** `undefined` is any. */
  readonly port: number | undefined;
}

/**
 * `inheritNetwork` allows all addresses; `allowNet` allows those that match one of its entries `HOST[:PORT]`:
 *
 * - An address or network: what is in it. Special addresses (`special-addresses.ts`) only if the entry is the address itself, or a network within its block.
 * - A name, `*.` and a name for all names below it, or `*`: names may be looked up, and the addresses that they resolved to in the same request may be
 *   used, unless they are special; `*` allows all addresses that are not special.
 *
 * A peer is checked by its address and port when it is connected to, sent to, or received from. A port to listen on is checked by its local address and port.
 * A local address can be bound if it is allowed; with port 0 always, since that receives nothing from peers that are not allowed.
 *
 * Either allows TCP and UDP, unless `allowTcp` or `allowUdp` is false.
 */
export function compileNetPolicy(options: NetOptions): NetPolicy {
  const { inheritNetwork, allowNet, allowTcp, allowUdp, allowIpNameLookup } = options;
  const entries = (allowNet ?? []).map(parseEntry);
  const isAny = inheritNetwork || entries.length > 0;
  return {
    tcp: allowTcp ?? isAny,
    udp: allowUdp ?? isAny,
    mayLookUp: (name) => allowIpNameLookup || entries.some(({ host }) => matchesName(host, name)),
    mayUse: (endpoint, use, resolved) => {
      if (inheritNetwork) return true;
      if (use === 'bind' && endpoint.port === 0 && entries.length > 0) return true;
      return entries.some((entry) => allows(entry, endpoint, resolved));
    },
  };
}

/** Throws `HostError` if one is not a pattern of `allowNet`. */
export function assertNetPatterns(patterns: readonly string[] | undefined): void {
  patterns?.forEach(parseEntry);
}

function allows({ host, port }: Entry, endpoint: SocketEndpoint, resolved: ResolvedNames): boolean {
  if (port !== undefined && port !== endpoint.port) return false;
  const { address } = endpoint;
  if (typeof host === 'object') return isListedAddress(host, address);
  if (!isOrdinaryAddress(address)) return false;
  if (host === '*') return true;
  const names = resolved.get(parseIpAddress(address) as bigint) ?? [];
  return Array.from(names).some((name) => matchesName(host, name));
}

function parseEntry(text: string): Entry {
  const parsed = parseHostPort(text.toLowerCase());
  if (parsed.tag === 'err') {
    throw new HostError(
      'bad-argument',
      `invalid --allow-net '${text}': ${parsed.val}; use HOST[:PORT], where HOST is ${HOST_FORMS}`,
    );
  }
  const { host, port } = parsed.val;
  return { host, port: port === '' || port === '*' ? undefined : Number(port) };
}
