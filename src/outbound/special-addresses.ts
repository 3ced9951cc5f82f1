import {
  type IpAddress,
  type IpNetwork,
  containsAddress,
  containsNetwork,
  ipv4Within,
  parseIpNetwork,
} from '../util/ip-network.ts';
import { whenNeeded } from '../util/when-needed.ts';

/** The IPv4 addresses embedded in an IPv6 address. */
type EmbeddedIpv4 = (address: IpAddress) => readonly IpAddress[];

const IN_LOW_BITS: EmbeddedIpv4 = (address) => [ipv4Within(address, 0)];
const IN_6TO4: EmbeddedIpv4 = (address) => [ipv4Within(address, 80)];
/** The server's address, and the client's with its bits inverted. Source: RFC 4380, 4. */
const IN_TEREDO: EmbeddedIpv4 = (address) => [ipv4Within(address, 64), ipv4Within(~address, 0)];

type Rule = 'allowed' | 'denied' | EmbeddedIpv4;

/**
 * What guests may call by default, by block. The smallest block that contains an address decides; addresses in no block are public, and allowed.
 *
 * Allowed: blocks that are globally reachable, private, or loopback. Denied: link-local addresses, metadata services of clouds, and addresses that are
 * not destinations (unspecified, multicast, reserved, documentation). An address that embeds an IPv4 address is treated like that one.
 *
 * Sources: IANA's IPv4 and IPv6 Special-Purpose Address Registries, all of whose blocks are listed except `::ffff:0:0/96`, which is IPv4 (`IpAddress`);
 * the IPv6 address space registry for multicast and site-local; the clouds' documentation.
 */
const RULES: readonly (readonly [network: string, rule: Rule, name: string])[] = [
  ['0.0.0.0/8', 'denied', 'this network, RFC 791; Linux takes 0.0.0.0 for loopback'],
  ['10.0.0.0/8', 'allowed', 'private, RFC 1918'],
  ['100.64.0.0/10', 'allowed', 'shared, RFC 6598'],
  ['100.100.100.200/32', 'denied', 'metadata of Alibaba Cloud'],
  ['127.0.0.0/8', 'allowed', 'loopback, RFC 1122'],
  ['168.63.129.16/32', 'denied', 'metadata of Azure'],
  ['169.254.0.0/16', 'denied', 'link-local, RFC 3927, and metadata of most clouds'],
  ['172.16.0.0/12', 'allowed', 'private, RFC 1918'],
  [
    '192.0.0.0/24',
    'denied',
    'IETF protocols, RFC 6890: DS-Lite, dummy, DNS64 discovery; 192.0.0.192: metadata of Oracle',
  ],
  ['192.0.0.9/32', 'allowed', 'PCP anycast, RFC 7723, globally reachable'],
  ['192.0.0.10/32', 'allowed', 'TURN anycast, RFC 8155, globally reachable'],
  ['192.0.2.0/24', 'denied', 'documentation, RFC 5737'],
  ['192.31.196.0/24', 'allowed', 'AS112, RFC 7535, globally reachable'],
  ['192.52.193.0/24', 'allowed', 'AMT, RFC 7450, globally reachable'],
  ['192.88.99.0/24', 'denied', '6to4 relays, RFC 7526, deprecated'],
  ['192.168.0.0/16', 'allowed', 'private, RFC 1918'],
  ['192.175.48.0/24', 'allowed', 'AS112, RFC 7534, globally reachable'],
  ['198.18.0.0/15', 'allowed', 'benchmarking, RFC 2544: private'],
  ['198.51.100.0/24', 'denied', 'documentation, RFC 5737'],
  ['203.0.113.0/24', 'denied', 'documentation, RFC 5737'],
  ['224.0.0.0/4', 'denied', 'multicast, RFC 5771'],
  ['240.0.0.0/4', 'denied', 'reserved, RFC 1112; 255.255.255.255: broadcast, RFC 919'],
  ['::/96', IN_LOW_BITS, 'IPv4-compatible, RFC 4291, deprecated'],
  ['::/128', 'denied', 'unspecified, RFC 4291'],
  ['::1/128', 'allowed', 'loopback, RFC 4291'],
  ['::ffff:0:0:0/96', IN_LOW_BITS, 'IPv4-translated, RFC 2765'],
  ['64:ff9b::/96', IN_LOW_BITS, 'NAT64, RFC 6052'],
  ['64:ff9b:1::/48', 'denied', 'local NAT64, RFC 8215: only its network knows where the IPv4 address is'],
  ['100::/64', 'denied', 'discard-only, RFC 6666'],
  ['100:0:0:1::/64', 'denied', 'dummy, RFC 9780'],
  ['2001::/23', 'denied', 'IETF protocols, RFC 2928'],
  ['2001::/32', IN_TEREDO, 'Teredo, RFC 4380'],
  ['2001:1::1/128', 'allowed', 'PCP anycast, RFC 7723, globally reachable'],
  ['2001:1::2/128', 'allowed', 'TURN anycast, RFC 8155, globally reachable'],
  ['2001:1::3/128', 'allowed', 'DNS-SD anycast, RFC 9665, globally reachable'],
  ['2001:2::/48', 'allowed', 'benchmarking, RFC 5180: private'],
  ['2001:3::/32', 'allowed', 'AMT, RFC 7450, globally reachable'],
  ['2001:4:112::/48', 'allowed', 'AS112, RFC 7535, globally reachable'],
  ['2001:10::/28', 'denied', 'ORCHID, RFC 4843, deprecated'],
  ['2001:20::/28', 'allowed', 'ORCHIDv2, RFC 7343, globally reachable'],
  ['2001:30::/28', 'allowed', 'remote identification, RFC 9374, globally reachable'],
  ['2001:db8::/32', 'denied', 'documentation, RFC 3849'],
  ['2002::/16', IN_6TO4, '6to4, RFC 3056'],
  ['2620:4f:8000::/48', 'allowed', 'AS112, RFC 7534, globally reachable'],
  ['3fff::/20', 'denied', 'documentation, RFC 9637'],
  ['5f00::/16', 'allowed', 'SRv6 segments, RFC 9602: private'],
  ['fc00::/7', 'allowed', 'unique local, RFC 4193: private'],
  ['fd00:42::42/128', 'denied', 'metadata of Scaleway'],
  ['fd00:ec2::/32', 'denied', 'services of AWS, metadata among them'],
  ['fd20:ce::254/128', 'denied', 'metadata of Google Cloud'],
  ['fe80::/10', 'denied', 'link-local, RFC 4291'],
  ['fec0::/10', 'denied', 'site-local, RFC 3879, deprecated'],
  ['ff00::/8', 'denied', 'multicast, RFC 4291'],
];

interface Block {
  readonly network: IpNetwork;
  readonly rule: Rule;
}

/** The smallest blocks first. Many guests call nobody, and a start need not wait for this. */
const blocks = whenNeeded((): readonly Block[] =>
  RULES.map(([text, rule]) => ({ network: toNetwork(text), rule })).sort(
    (one, other) => other.network.bits - one.network.bits,
  ),
);

/** The block that makes an address denied by default; `undefined` if guests may call it. */
export function findDeniedBlock(address: IpAddress): IpNetwork | undefined {
  const block = blocks().find(({ network }) => containsAddress(network, address));
  if (block?.rule === 'denied') return block.network;
  const embedded = typeof block?.rule === 'function' ? block.rule(address) : [];
  return firstOf([...embedded, ...inIsatap(address)], findDeniedBlock);
}

/** Whether a network lies entirely within a denied block, so that allowing it must be intended. */
export function isWithinDenied(network: IpNetwork, denied: IpNetwork): boolean {
  return network.bits === 128 || containsNetwork(denied, network);
}

/** ISATAP has no block of its own: in any network, the IPv4 address follows `0:5efe` or `200:5efe`. Source: RFC 5214, 6.1. */
function inIsatap(address: IpAddress): readonly IpAddress[] {
  const isIsatap = (BigInt.asUintN(32, address >> 32n) & 0xfdff_ffffn) === 0x5efen;
  return isIsatap ? IN_LOW_BITS(address) : [];
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function toNetwork(text: string): IpNetwork {
  const network = parseIpNetwork(text);
  if (network === undefined) throw new RangeError(`not a network: ${text}`);
  return network;
}
