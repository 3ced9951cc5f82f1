import { BlockList, isIP } from 'node:net';
import { HostError } from '../../util/host-error.ts';
import { DEFAULT_PORTS, type Target } from './upstream-target.ts';

/**
 * What a guest may call.
 *
 * `default` is everything but addresses that are special: link-local, metadata services, unspecified, multicast, broadcast;
 * public, private and loopback addresses are allowed. `allow` is what one of its patterns matches:
 *
 * - `scheme://host[:port]`: a name; may start with `*.` for all names below it, and `*` is every host. Never a special address,
 *   whatever the name resolves to.
 * - `scheme://address[/bits][:port]`: every host that resolves into the address or network, IPv6 in brackets: `[fd00::/8]`.
 *   Written out like this a special address is allowed.
 * - The scheme may be `*`, the port too; without a port it is the scheme's default. A pattern `*` alone is everything as in `default`.
 */
export type OutboundPolicy =
  | { readonly mode: 'default' }
  | { readonly mode: 'deny-all' }
  | { readonly mode: 'allow'; readonly patterns: readonly string[] };

/** Whether a connection may go to an IP address. */
export type AddressCheck = (address: string) => boolean;

/** Gives the check for the addresses of a target; `undefined` where it is denied whatever its address. */
export type AdmitTarget = (target: Target) => AddressCheck | undefined;

interface Pattern {
  readonly scheme: string;
  /** A name, `*.` and a name, or `*`; absent where the pattern is a network. */
  readonly name: string | undefined;
  readonly network: BlockList | undefined;
  /** `*`, digits, or empty for the scheme's default. */
  readonly port: string;
}

/** Special networks. Sources: RFC 6890, RFC 4291, RFC 6052 and 3056 (IPv4 inside IPv6), the cloud providers' documents. */
const SPECIAL_NETWORKS = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  'fe80::/10',
  'ff00::/8',
  // Link-local IPv4 behind NAT64 and 6to4.
  '64:ff9b::a9fe:0/112',
  '2002:a9fe::/32',
  // Metadata services: AWS and Google on IPv6, Alibaba, Azure, Oracle.
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
];

/** Makes a policy's check. Throws a `HostError` where a pattern is none. */
export function compilePolicy(policy: OutboundPolicy): AdmitTarget {
  const special = toBlockList(SPECIAL_NETWORKS);
  const isOrdinary: AddressCheck = (address) => !contains(special, address);
  if (policy.mode === 'deny-all') return () => undefined;
  if (policy.mode === 'default') return () => isOrdinary;
  const patterns = policy.patterns.map(parsePattern);
  return (target) => {
    const candidates = patterns.filter((pattern) => matchesEndpoint(pattern, target));
    if (candidates.length === 0) return undefined;
    const isNamed = candidates.some(({ name }) => name !== undefined);
    const networks = candidates.flatMap(({ network }) => network ?? []);
    return (address) => (isNamed && isOrdinary(address)) || networks.some((network) => contains(network, address));
  };
}

/** All but the address: that is known only after the name was resolved. */
function matchesEndpoint({ scheme, name, port }: Pattern, target: Target): boolean {
  if (scheme !== '*' && scheme !== target.scheme) return false;
  if (port !== '*' && Number(port || DEFAULT_PORTS[target.scheme]) !== target.port) return false;
  if (name === undefined || name === '*' || name === target.host) return true;
  return name.startsWith('*.') && target.host.endsWith(name.slice(1));
}

function parsePattern(text: string): Pattern {
  const full = text === '*' ? '*://*:*' : text.toLowerCase();
  const [, scheme, host, port = ''] = /^(https?|\*):\/\/(\[[^\]]*\]|[^:[\]]+)(?::(\d{1,5}|\*))?$/.exec(full) ?? [];
  if (scheme === undefined || host === undefined) throw badPattern(text);
  const [address = '', bits] = host.replace(/^\[|\]$/g, '').split('/');
  if (isIP(address) !== 0) return { scheme, port, name: undefined, network: toNetwork(text, address, bits) };
  if (bits !== undefined || !/^(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/.test(host)) throw badPattern(text);
  return { scheme, port, name: host, network: undefined };
}

function toNetwork(text: string, address: string, bits: string | undefined): BlockList {
  const maxBits = isIP(address) === 6 ? 128 : 32;
  if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= maxBits)) throw badPattern(text);
  return toBlockList([`${address}/${bits ?? maxBits}`]);
}

function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}

/** An IPv4-mapped IPv6 address counts as the IPv4 one; `BlockList` sees to it. */
function contains(list: BlockList, address: string): boolean {
  return list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

function badPattern(text: string): HostError {
  const forms =
    '`scheme://host[:port]`, where host may be a name, `*`, `*.name`, an address or a network in CIDR notation';
  return new HostError('bad-config', `outbound: "${text}" is not a pattern; write ${forms}`);
}
