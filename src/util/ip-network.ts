import { isIP } from 'node:net';

/**
 * An IP address as a 128-bit number, so that every textual form is the same value. An IPv4 address is its IPv4-mapped IPv6 address (`::ffff:a.b.c.d`).
 *
 * Source: RFC 4291, 2.5.5.2.
 */
export type IpAddress = bigint;

/** The addresses whose first `bits` bits are those of `base`. */
export interface IpNetwork {
  readonly base: IpAddress;
  /** 0 to 128; for IPv4, 96 more than in the text. */
  readonly bits: number;
}

const ADDRESS_BITS = 128;
/** IPv4 is `::ffff:0:0/96`. */
const IPV4_PREFIX = 0xffffn;
const IPV4_PREFIX_BITS = 96;

/** Parses an address and drops its zone (`%eth0`); `undefined` if `text` is not an address. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const family = isIP(text);
  if (family === 0) return undefined;
  return family === 4 ? mapIpv4(parseIpv4(text)) : parseIpv6(text.replace(/%.*$/, ''));
}

/** Parses a network `address/bits`, or a single address; `undefined` if `text` is neither. */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const base = parseIpAddress(address);
  if (base === undefined || rest.length > 0) return undefined;
  const prefixBits = isIP(address) === 4 ? IPV4_PREFIX_BITS : 0;
  if (length === undefined) return { base, bits: ADDRESS_BITS };
  const bits = prefixBits + Number(length);
  return /^\d{1,3}$/.test(length) && bits <= ADDRESS_BITS ? { base, bits } : undefined;
}

/** Networks larger than all of IPv4, such as `::/0`, are IPv6 only, and contain no IPv4 address. */
export function containsAddress({ base, bits }: IpNetwork, address: IpAddress): boolean {
  if (bits < IPV4_PREFIX_BITS && isIpv4(address)) return false;
  const rest = BigInt(ADDRESS_BITS - bits);
  return address >> rest === base >> rest;
}

export function containsNetwork(outer: IpNetwork, inner: IpNetwork): boolean {
  return inner.bits >= outer.bits && containsAddress(outer, inner.base);
}

/** The IPv4 address whose 32 bits end `bitsAfter` bits before the end of an address. */
export function ipv4Within(address: IpAddress, bitsAfter: number): IpAddress {
  return mapIpv4(BigInt.asUintN(32, address >> BigInt(bitsAfter)));
}

function mapIpv4(bits: bigint): IpAddress {
  return (IPV4_PREFIX << 32n) | bits;
}

function isIpv4(address: IpAddress): boolean {
  return address >> 32n === IPV4_PREFIX;
}

function parseIpv4(text: string): bigint {
  return text.split('.').reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** `text` must be an IPv6 address. `::` stands for the missing groups of zeros; the last two groups may be written as an IPv4 address. */
function parseIpv6(text: string): bigint {
  const hex = text.replace(/[^:]*\.[^:]*$/, (ipv4) => {
    const bits = parseIpv4(ipv4);
    return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
  });
  const [head = [], tail = []] = hex.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
