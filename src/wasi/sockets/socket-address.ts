import { networkInterfaces } from 'node:os';
import { parseIpAddress } from '../../util/ip-network.ts';
import * as t from '../param-types.ts';
import type { IpAddressFamily } from './network.ts';

type Ipv4Address = [number, number, number, number];
type Ipv6Address = [number, number, number, number, number, number, number, number];

/** WIT's `ip-address`. */
export type WitIpAddress =
  | { readonly tag: 'ipv4'; readonly val: Ipv4Address }
  | { readonly tag: 'ipv6'; readonly val: Ipv6Address };

interface Ipv6SocketAddress {
  readonly port: number;
  readonly flowInfo: number;
  readonly address: Ipv6Address;
  readonly scopeId: number;
}

/** WIT's `ip-socket-address`. */
export type IpSocketAddress =
  | { readonly tag: 'ipv4'; readonly val: { readonly port: number; readonly address: Ipv4Address } }
  | { readonly tag: 'ipv6'; readonly val: Ipv6SocketAddress };

const BYTES_4 = t.tuple(t.u8, t.u8, t.u8, t.u8);
const WORDS_8 = t.tuple(t.u16, t.u16, t.u16, t.u16, t.u16, t.u16, t.u16, t.u16);

export const IP_SOCKET_ADDRESS = t.variant({
  ipv4: t.record({ port: t.u16, address: BYTES_4 }),
  ipv6: t.record({ port: t.u16, 'flow-info': t.u32, address: WORDS_8, 'scope-id': t.u32 }),
});

/** An address and a port as Node takes and gives them. */
export interface SocketEndpoint {
  readonly address: string;
  readonly port: number;
}

/** The address of a family that stands for all of the machine's. */
export function unspecifiedOf(family: IpAddressFamily): SocketEndpoint {
  return { address: family === 'ipv4' ? '0.0.0.0' : '::', port: 0 };
}

/** As Node takes it. A zone that this machine does not have is left out: no route will be found. */
export function toEndpoint(address: IpSocketAddress): SocketEndpoint {
  const { port } = address.val;
  if (address.tag === 'ipv4') return { address: address.val.address.join('.'), port };
  const { address: words, scopeId } = address.val;
  const zone = scopeId === 0 ? undefined : findZone(scopeId);
  return { address: `${toIpv6Text(words)}${zone === undefined ? '' : `%${zone}`}`, port };
}

/** From what Node gives. */
export function toSocketAddress({ address, port }: SocketEndpoint): IpSocketAddress {
  const ip = toWitIpAddress(address);
  if (ip.tag === 'ipv4') return { tag: 'ipv4', val: { port, address: ip.val } };
  const zone = address.split('%')[1];
  return { tag: 'ipv6', val: { port, flowInfo: 0, address: ip.val, scopeId: zone === undefined ? 0 : scopeOf(zone) } };
}

/** An address in text; one that is IPv4 in IPv6 is IPv4. Throws `RangeError` if it is none. */
export function toWitIpAddress(text: string): WitIpAddress {
  const bits = parseIpAddress(text);
  if (bits === undefined) throw new RangeError(`not an address: ${text}`);
  if (bits >> 32n === 0xffffn) return { tag: 'ipv4', val: partsOf(bits, 4, 8) as unknown as Ipv4Address };
  return { tag: 'ipv6', val: partsOf(bits, 8, 16) as unknown as Ipv6Address };
}

/** The last `count` parts of an address, of so many bits each. */
function partsOf(bits: bigint, count: number, width: number): number[] {
  return Array.from({ length: count }, (_, index) =>
    Number(BigInt.asUintN(width, bits >> BigInt(width * (count - 1 - index)))),
  );
}

/** Whether an address is of the socket's family. IPv4 in IPv6, mapped or compatible (deprecated), is of neither. Source: wasi-sockets `tcp.wit`. */
export function isOfFamily(address: IpSocketAddress, family: IpAddressFamily): boolean {
  return address.tag === family && (address.tag === 'ipv4' || !holdsIpv4(address.val.address));
}

/** Whether something can be sent to it. */
export function isRemote({ val: { address, port } }: IpSocketAddress): boolean {
  return port !== 0 && address.some((part) => part !== 0);
}

/** Neither multicast nor broadcast. */
export function isUnicast(address: IpSocketAddress): boolean {
  if (address.tag === 'ipv6') return address.val.address[0] >> 8 !== 0xff;
  const [first] = address.val.address;
  return !(first >= 224 && first <= 239) && address.val.address.some((part) => part !== 255);
}

export function isSameEndpoint(one: SocketEndpoint, other: SocketEndpoint): boolean {
  return one.port === other.port && parseIpAddress(one.address) === parseIpAddress(other.address);
}

function holdsIpv4(words: Ipv6Address): boolean {
  if (words.slice(0, 5).some((word) => word !== 0)) return false;
  const [, , , , , sixth, seventh, eighth] = words;
  const isUnspecifiedOrLoopback = seventh === 0 && eighth <= 1;
  return sixth === 0xffff || (sixth === 0 && !isUnspecifiedOrLoopback);
}

function toIpv6Text(words: Ipv6Address): string {
  return words.map((word) => word.toString(16)).join(':');
}

/** The name of the interface with this index. */
function findZone(scopeId: number): string | undefined {
  return Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some((one) => one.family === 'IPv6' && one.scopeid === scopeId),
  )?.[0];
}

function scopeOf(zone: string): number {
  const found = networkInterfaces()[zone]?.find((one) => one.family === 'IPv6' && one.scopeid !== 0);
  return found?.family === 'IPv6' ? found.scopeid : 0;
}
