import { isIPv6 } from 'node:net';
import { HostError } from '../util/host-error.ts';
import { type IpNetwork, containsAddress, parseIpAddress, parseIpNetwork } from '../util/ip-network.ts';
import { findDeniedBlock, isWithinDenied } from './special-addresses.ts';
import { DEFAULT_PORTS, type Target } from './target.ts';

/**
 * What a guest may call: whatever one of the patterns matches, so nothing if there are none. If the policy is `undefined`: everything except special
 * addresses, that is, public, private and loopback addresses, but not link-local ones or metadata services (`special-addresses.ts`).
 *
 * - `scheme://host[:port]`: a name, `*.` and a name for all names below it, or `*` for every host. Special addresses stay denied, whatever the name
 *   resolves to.
 * - `scheme://address[/bits][:port]`: every host that resolves to the address, or to an address in the network. IPv6 is written in brackets:
 *   `[fd00::/8]`. Special addresses are only allowed explicitly: by the address itself, or a network within its block.
 * - The scheme and the port may be `*`; without a port, it is the scheme's default. The pattern `*` is short for `*://*:*`.
 */
export type OutboundPolicy = readonly string[] | undefined;

/** Whether a connection may go to an IP address, in any textual form. */
export type AddressCheck = (address: string) => boolean;

/** Returns the check for a target's addresses; `undefined` if the target is denied whatever its address. */
export type AdmitTarget = (target: Target) => AddressCheck | undefined;

interface Pattern {
  readonly scheme: string;
  /** A name, `*.` and a name, or `*`; or a network. */
  readonly host: string | IpNetwork;
  /** `*`, digits, or empty for the scheme's default. */
  readonly port: string;
}

/** Compiles a policy. Throws `HostError` if a pattern is invalid. */
export function compilePolicy(policy: OutboundPolicy): AdmitTarget {
  if (policy === undefined) return () => isOrdinary;
  const patterns = policy.map(parsePattern);
  return (target) => {
    const hosts = patterns.filter((pattern) => matchesEndpoint(pattern, target)).map(({ host }) => host);
    if (hosts.length === 0) return undefined;
    const networks = hosts.filter((host) => typeof host === 'object');
    const isNamed = networks.length < hosts.length;
    return (address) => (isNamed && isOrdinary(address)) || networks.some((network) => isListed(network, address));
  };
}

/** Whether an address is not special. */
const isOrdinary: AddressCheck = (text) => {
  const address = parseIpAddress(text);
  return address !== undefined && findDeniedBlock(address) === undefined;
};

function isListed(network: IpNetwork, text: string): boolean {
  const address = parseIpAddress(text);
  if (address === undefined || !containsAddress(network, address)) return false;
  const denied = findDeniedBlock(address);
  return denied === undefined || isWithinDenied(network, denied);
}

/** Matches everything except the address, which is known only after the name is resolved. */
function matchesEndpoint({ scheme, host, port }: Pattern, target: Target): boolean {
  if (scheme !== '*' && scheme !== target.scheme) return false;
  if (port !== '*' && Number(port || DEFAULT_PORTS[target.scheme]) !== target.port) return false;
  if (typeof host === 'object' || host === '*' || host === target.host) return true;
  return host.startsWith('*.') && target.host.endsWith(host.slice(1));
}

function parsePattern(text: string): Pattern {
  if (text === '*') return { scheme: '*', host: '*', port: '*' };
  const fail = (reason: string): never => {
    throw new HostError('bad-argument', `invalid outbound pattern '${text}': ${reason}; ${FORMS}`);
  };
  const [, scheme, rest] = /^([^:/]*):\/\/(.*)$/s.exec(text.toLowerCase()) ?? fail('missing scheme');
  if (!['http', 'https', '*'].includes(scheme ?? '')) return fail(`scheme '${scheme}' is not http, https or *`);
  if (isIPv6(rest ?? '')) return fail('an IPv6 address needs brackets');
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d+|\*))?$/.exec(rest ?? '') ?? fail(NOT_HOST_AND_PORT);
  if (port !== '*' && port !== '' && !isPort(port)) return fail(`port ${port} is not from 1 to 65535`);
  return { scheme: scheme ?? '*', port, host: parseNetwork(host) ?? parseName(host) ?? fail(whyNotHost(host)) };
}

const FORMS =
  'use scheme://host[:port], where host is a name, *.name, *, an address, or a network such as 10.0.0.0/8 or [fd00::/8]';
const NOT_HOST_AND_PORT = '://must be followed by host or host:port';

/** IPv6 is in brackets. */
function parseNetwork(host: string): IpNetwork | undefined {
  const bracketed = /^\[(.*)\]$/.exec(host)?.[1];
  const isInItsForm = bracketed === undefined ? !host.includes(':') : bracketed.includes(':');
  return isInItsForm ? parseIpNetwork(bracketed ?? host) : undefined;
}

/** Rejects names of only digits and dots: resolvers take them for other forms of IPv4 addresses, such as `127.1`. */
function parseName(host: string): string | undefined {
  const isName = /^(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/.test(host);
  return isName && !/(?:^|\.)(?:\d+|0x[\da-f]*)$/.test(host) ? host : undefined;
}

function whyNotHost(host: string): string {
  if (host === '') return 'missing host';
  if (host.startsWith('[')) return `'${host}' is not an IPv6 address or network`;
  if (host.includes('@')) return 'a user name is not allowed';
  if (/^[\d.]+\/\d+$/.test(host)) return `'${host}' is not a network`;
  return host.includes('/') ? 'a path is not allowed' : `'${host}' is not a host`;
}

function isPort(digits: string): boolean {
  return Number(digits) >= 1 && Number(digits) <= 65_535;
}
