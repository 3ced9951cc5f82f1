import { isIPv6 } from 'node:net';
import { type IpNetwork, containsAddress, parseIpAddress, parseIpNetwork } from '../util/ip-network.ts';
import { type Result, err, ok } from '../util/result.ts';
import { findDeniedBlock, isWithinDenied } from './special-addresses.ts';

/** A name, `*.` and a name for all names below it, or `*` for every host; or a network. */
export type HostPattern = string | IpNetwork;

/** The end of a pattern for what guests may reach. */
interface HostPort {
  readonly host: HostPattern;
  /** `*`, digits, or empty if there is none. */
  readonly port: string;
}

/** What stands for a host in a pattern. */
export const HOST_FORMS = 'a name, *.name, *, an address, or a network such as 10.0.0.0/8 or [fd00::/8]';

/** Parses `host[:port]` in lower case. Returns the reason if it is invalid. */
export function parseHostPort(text: string): Result<HostPort, string> {
  if (isIPv6(text)) return err('an IPv6 address needs brackets');
  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d+|\*))?$/.exec(text);
  if (parts === null) return err('not host or host:port');
  const [, host = '', port = ''] = parts;
  if (port !== '*' && port !== '' && !isPort(port)) return err(`port ${port} is not from 1 to 65535`);
  const pattern = parseNetwork(host) ?? parseName(host);
  return pattern === undefined ? err(whyNotHost(host)) : ok({ host: pattern, port });
}

/** Whether a pattern that is not a network matches a name. */
export function matchesName(host: HostPattern, name: string): boolean {
  if (typeof host === 'object') return false;
  return host === '*' || host === name || (host.startsWith('*.') && name.endsWith(host.slice(1)));
}

/** Whether an address, in text, is not special. */
export function isOrdinaryAddress(text: string): boolean {
  const address = parseIpAddress(text);
  return address !== undefined && findDeniedBlock(address) === undefined;
}

/** Whether a network allows an address, in text: special ones only if that must be intended. */
export function isListedAddress(network: IpNetwork, text: string): boolean {
  const address = parseIpAddress(text);
  if (address === undefined || !containsAddress(network, address)) return false;
  const denied = findDeniedBlock(address);
  return denied === undefined || isWithinDenied(network, denied);
}

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
