import { isIPv6 } from 'node:net';
import { HostError } from '../util/host-error.ts';
import { type IpNetwork, containsAddress, parseIpAddress, parseIpNetwork } from './ip-network.ts';
import { findDeniedBlock, isWithinDenied } from './special-addresses.ts';
import { DEFAULT_PORTS, type Target } from './upstream-target.ts';

/**
 * What a guest may call: what one of the patterns matches, so nothing if there are none. If the policy is `undefined`, everything but special
 * addresses: public, private and loopback addresses, but not link-local ones or metadata services (`special-addresses.ts`).
 *
 * - `scheme://host[:port]`: a name; may start with `*.` for all names below it, and `*` is every host. Never a special address,
 *   whatever the name resolves to.
 * - `scheme://address[/bits][:port]`: every host that resolves to the address or into the network, IPv6 in brackets: `[fd00::/8]`.
 *   A special address only if it is written out: the address itself, or a network that lies within its block.
 * - The scheme may be `*`, the port too; without a port it is the scheme's default. A pattern `*` alone is `*://*:*`.
 */
export type OutboundPolicy = readonly string[] | undefined;

/** Whether a connection may go to an IP address, in any textual form. */
export type AddressCheck = (address: string) => boolean;

/** Gives the check for the addresses of a target; `undefined` if it is denied whatever its address. */
export type AdmitTarget = (target: Target) => AddressCheck | undefined;

interface Pattern {
  readonly scheme: string;
  /** A name, `*.` and a name, or `*`; or a network. */
  readonly host: string | IpNetwork;
  /** `*`, digits, or empty for the scheme's default. */
  readonly port: string;
}

/** Makes a policy's check. Throws `HostError` if a text is not a pattern. */
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

/** Whether an address is none of the special ones. */
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

/** All but the address: that is known only after the name was resolved. */
function matchesEndpoint({ scheme, host, port }: Pattern, target: Target): boolean {
  if (scheme !== '*' && scheme !== target.scheme) return false;
  if (port !== '*' && Number(port || DEFAULT_PORTS[target.scheme]) !== target.port) return false;
  if (typeof host === 'object' || host === '*' || host === target.host) return true;
  return host.startsWith('*.') && target.host.endsWith(host.slice(1));
}

function parsePattern(text: string): Pattern {
  if (text === '*') return { scheme: '*', host: '*', port: '*' };
  const fail = (reason: string): never => {
    throw new HostError('bad-argument', `outbound pattern '${text}': ${reason}; ${FORMS}`);
  };
  const [, scheme, rest] = /^([^:/]*):\/\/(.*)$/s.exec(text.toLowerCase()) ?? fail('it has no scheme');
  if (!['http', 'https', '*'].includes(scheme ?? '')) return fail(`the scheme '${scheme}' is not http, https or *`);
  if (isIPv6(rest ?? '')) return fail('an IPv6 address needs brackets');
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d+|\*))?$/.exec(rest ?? '') ?? fail(NOT_HOST_AND_PORT);
  if (port !== '*' && port !== '' && !isPort(port)) return fail(`the port ${port} is not from 1 to 65535`);
  return { scheme: scheme ?? '*', port, host: parseNetwork(host) ?? parseName(host) ?? fail(whyNotHost(host)) };
}

const FORMS =
  'write scheme://host[:port], where host is a name, *.name, *, an address, or a network like 10.0.0.0/8 or [fd00::/8]';
const NOT_HOST_AND_PORT = 'what follows :// is not a host, or a host and a port';

/** In brackets if it is IPv6. */
function parseNetwork(host: string): IpNetwork | undefined {
  const bracketed = /^\[(.*)\]$/.exec(host)?.[1];
  const isInItsForm = bracketed === undefined ? !host.includes(':') : bracketed.includes(':');
  return isInItsForm ? parseIpNetwork(bracketed ?? host) : undefined;
}

/** Names of digits and dots alone are what resolvers take for IPv4 addresses in other forms: `127.1`. */
function parseName(host: string): string | undefined {
  const isName = /^(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/.test(host);
  return isName && !/(?:^|\.)(?:\d+|0x[\da-f]*)$/.test(host) ? host : undefined;
}

function whyNotHost(host: string): string {
  if (host === '') return 'it has no host';
  if (host.startsWith('[')) return `'${host}' is not an IPv6 address or network`;
  if (host.includes('@')) return 'it has a user';
  if (/^[\d.]+\/\d+$/.test(host)) return `'${host}' is not a network`;
  return host.includes('/') ? 'it has a path' : `'${host}' is not a host`;
}

function isPort(digits: string): boolean {
  return Number(digits) >= 1 && Number(digits) <= 65_535;
}
