import { BlockList, isIPv6 } from 'node:net';
import { array, assert, constant, constantFrom, nat, oneof, pre, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { containsAddress, parseIpAddress, parseIpNetwork } from '../../src/util/ip-network.ts';
import { findDeniedBlock } from '../../src/outbound/special-addresses.ts';

function isDenied(text: string): boolean {
  const address = parseIpAddress(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return findDeniedBlock(address) !== undefined;
}

const groups = array(nat(0xffff), { minLength: 8, maxLength: 8 });
/** Groups, many of them 0, or with a beginning that means something. */
const interestingGroups = oneof(
  groups,
  array(oneof(constant(0), constant(0xffff), constant(0xa9fe), nat(0xffff)), {
    minLength: 8,
    maxLength: 8,
  }),
  tuple(groups, constantFrom([0xfe80], [0xfec0], [0x64, 0xff9b, 0, 0, 0, 0], [0x2002, 0xa9fe], [0xfd00, 0xec2])).map(
    ([all, start]) => [...start, ...all.slice(start.length)],
  ),
);
const bytes = array(nat(255), { minLength: 4, maxLength: 4 });

/** Every way to write an IPv6 address, but for which zeros `::` is. */
function* textsOf(given: readonly number[]): Generator<string> {
  const hex = given.map((group) => group.toString(16));
  const dotted = [6, 7].flatMap((index) => [(given[index] ?? 0) >> 8, (given[index] ?? 0) & 0xff]).join('.');
  for (const written of [hex, hex.map((group) => group.padStart(4, '0')), [...hex.slice(0, 6), dotted]]) {
    yield written.join(':');
    yield written.join(':').toUpperCase();
    for (let from = 0; from < 8; from += 1) {
      for (let to = from + 1; to <= 8; to += 1) {
        const isZero = written.slice(from, to).every((group) => /^0+$/.test(group)) && to <= written.length;
        if (isZero) yield `${written.slice(0, from).join(':')}::${written.slice(to).join(':')}`;
      }
    }
  }
  yield `${hex.join(':')}%eth0`;
}

test('an IPv6 address is the same number in every text', () => {
  assert(
    property(interestingGroups, (given) => {
      const expected = given.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
      for (const text of textsOf(given)) {
        if (!isIPv6(text)) throw new Error(`the test writes ${text}`);
        expect(parseIpAddress(text), text).toBe(expected);
      }
    }),
  );
});

test('an IPv4 address is its IPv4-mapped one, in every text', () => {
  assert(
    property(bytes, (given) => {
      const ipv4 = given.join('.');
      const [first, second] = toGroups(given);
      for (const text of [`::ffff:${ipv4}`, `::FFFF:${first}:${second}`, `0:0:0:0:0:ffff:${ipv4}`]) {
        expect(parseIpAddress(text), text).toBe(parseIpAddress(ipv4));
      }
    }),
  );
});

describe('an address that embeds an IPv4 address', () => {
  const ipv4 = oneof(
    bytes,
    bytes.map(([, ...rest]) => [127, ...rest]),
    bytes.map(([, , ...rest]) => [169, 254, ...rest]),
    constant([168, 63, 129, 16]),
    constant([192, 0, 0, 192]),
  );

  test.each<[name: string, embed: (ipv4: readonly number[]) => string]>([
    ['IPv4-mapped', (given) => `::ffff:${given.join('.')}`],
    ['IPv4-translated', (given) => `::ffff:0:${given.join('.')}`],
    ['NAT64', (given) => `64:ff9b::${given.join('.')}`],
    ['6to4', (given) => `2002:${toGroups(given).join(':')}::1`],
    [
      'Teredo of this client',
      (given) => `2001:0:102:304:8000:1234:${toGroups(given.map((byte) => 255 - byte)).join(':')}`,
    ],
    ['Teredo of this server', (given) => `2001:0:${toGroups(given).join(':')}:8000:1234:fefd:fcfb`],
    ['ISATAP', (given) => `2606:4700:1:2:0:5efe:${given.join('.')}`],
    ['ISATAP, of a global one', (given) => `2606:4700:1:2:200:5efe:${given.join('.')}`],
  ])('is denied when that is, and allowed when that is: %s', (_name, embed) => {
    assert(
      property(ipv4, (given) => {
        expect(isDenied(embed(given)), embed(given)).toBe(isDenied(given.join('.')));
      }),
    );
  });

  test('as IPv4-compatible too, but for the unspecified and the loopback address', () => {
    expect([isDenied('::'), isDenied('::1')]).toEqual([true, false]);
    assert(
      property(ipv4, (given) => {
        pre(!/^0,0,0,[01]$/.test(`${given}`));
        expect(isDenied(`::${given.join('.')}`)).toBe(isDenied(given.join('.')));
      }),
    );
  });
});

/** Source: IANA's registries of special-purpose addresses, the column "Destination": whether a packet may be sent there. */
describe('of the special-purpose registries', () => {
  test.each([
    '0.0.0.0/8 169.254.0.0/16 192.0.0.0/29 192.0.0.8/32 192.0.0.170/31 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4',
    '255.255.255.255/32 ::/128 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001:db8::/32 3fff::/20 fe80::/10 fec0::/10 ff00::/8',
    '2001:100::/24 2001:10::/28 fd00:ec2::/32 2002:a9fe::/32 64:ff9b::a9fe:0/112 ::a9fe:0/112 ::ffff:0:a9fe:0/112',
  ])('denied: %s', (networks) => {
    for (const network of networks.split(' '))
      for (const text of edgesOf(network)) expect(isDenied(text), text).toBe(true);
  });

  test.each([
    '10.0.0.0/8 100.64.0.0/11 127.0.0.0/8 172.16.0.0/12 192.168.0.0/16 192.0.0.9/32 192.0.0.10/32 192.31.196.0/24 198.18.0.0/15',
    '::1/128 2001:1::1/128 2001:1::2/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:20::/28 2001:30::/28 2620:4f:8000::/48 5f00::/16',
    'fc00::/8 fd01::/16 2606:4700::/32 2a00::/12 1.1.1.1/32 8.8.8.0/24 169.253.0.0/16 169.255.0.0/16 191.255.0.0/16 223.255.255.0/24',
  ])('allowed: %s', (networks) => {
    for (const network of networks.split(' '))
      for (const text of edgesOf(network)) expect(isDenied(text), text).toBe(false);
  });
});

test('networks hold what those of Node do', () => {
  assert(
    property(interestingGroups, interestingGroups, nat(128), (one, other, bits) => {
      const mixed = [...one.slice(0, bits >> 4), ...other.slice(bits >> 4)];
      const [base, address] = [one, mixed].map((given) => given.map((group) => group.toString(16)).join(':'));
      const list = new BlockList();
      list.addSubnet(base ?? '', bits, 'ipv6');
      const network = parseIpNetwork(`${base}/${bits}`);
      const number = parseIpAddress(address ?? '');
      if (network === undefined || number === undefined) throw new Error('the test writes what is not an address');
      pre(bits >= 96 || number >> 32n !== 0xffffn);
      expect(containsAddress(network, number)).toBe(list.check(address ?? '', 'ipv6'));
    }),
  );
});

function toGroups([a = 0, b = 0, c = 0, d = 0]: readonly number[]): string[] {
  return [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16));
}

/** The first and the last address of a network. */
function edgesOf(text: string): string[] {
  const { base, bits } = parseIpNetwork(text) ?? { base: 0n, bits: 0 };
  const rest = (1n << BigInt(128 - bits)) - 1n;
  return [base & ~rest, base | rest].map((address) => {
    const hex = address.toString(16).padStart(32, '0');
    return (hex.match(/.{4}/g) ?? []).join(':');
  });
}
