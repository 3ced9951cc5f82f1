import { describe, expect, test } from 'vitest';
import {
  type AddressUse,
  type NetOptions,
  assertNetPatterns,
  compileNetPolicy,
} from '../../../src/wasi/sockets/net-policy.ts';
import { parseIpAddress } from '../../../src/util/ip-network.ts';

const NOTHING: NetOptions = {
  inheritNetwork: false,
  allowNet: undefined,
  allowTcp: undefined,
  allowUdp: undefined,
  allowIpNameLookup: false,
};

/** That these names have these addresses. */
function resolved(names: Readonly<Record<string, string>>): ReadonlyMap<bigint, ReadonlySet<string>> {
  return new Map(Object.entries(names).map(([name, address]) => [parseIpAddress(address) as bigint, new Set([name])]));
}

const NAMES = resolved({ 'db.test': '10.1.2.3', 'evil.test': '169.254.169.254', 'deep.sub.test': '192.168.0.9' });

function mayUse(allowNet: readonly string[], address: string, port: number, use: AddressUse): boolean {
  return compileNetPolicy({ ...NOTHING, allowNet }).mayUse({ address, port }, use, NAMES);
}

describe('what may be made', () => {
  test.each<[Partial<NetOptions>, tcp: boolean, udp: boolean]>([
    [{}, false, false],
    [{ inheritNetwork: true }, true, true],
    [{ inheritNetwork: true, allowUdp: false }, true, false],
    [{ allowTcp: true }, true, false],
    [{ allowNet: ['10.0.0.1'] }, true, true],
    [{ allowNet: [] }, false, false],
    [{ allowNet: ['10.0.0.1'], allowTcp: false }, false, true],
  ])('%j', (options, tcp, udp) => {
    const policy = compileNetPolicy({ ...NOTHING, ...options });
    expect([policy.tcp, policy.udp]).toEqual([tcp, udp]);
  });

  test('sockets without addresses reach none', () => {
    const policy = compileNetPolicy({ ...NOTHING, allowTcp: true, allowUdp: true, allowIpNameLookup: true });
    const uses: AddressUse[] = ['bind', 'listen', 'connect', 'send', 'receive'];
    expect(
      uses.filter((use) => policy.mayUse({ address: '127.0.0.1', port: use === 'bind' ? 0 : 80 }, use, NAMES)),
    ).toEqual([]);
  });
});

test.each<[allowed: boolean, patterns: readonly string[], address: string, port: number, use: AddressUse]>([
  [true, ['10.0.0.0/8:5432'], '10.9.9.9', 5432, 'connect'],
  [false, ['10.0.0.0/8:5432'], '10.9.9.9', 5433, 'connect'],
  [false, ['10.0.0.0/8:5432'], '11.0.0.1', 5432, 'connect'],
  [true, ['10.0.0.0/8'], '10.0.0.1', 1, 'send'],
  [true, ['[::1]:53'], '::1', 53, 'send'],
  [false, ['[::1]:53'], '127.0.0.1', 53, 'send'],
  [true, ['db.test:5432'], '10.1.2.3', 5432, 'connect'],
  [false, ['db.test:5432'], '10.1.2.4', 5432, 'connect'],
  [true, ['*.sub.test'], '192.168.0.9', 443, 'connect'],
  [false, ['*.sub.test'], '10.1.2.3', 443, 'connect'],
  [true, ['*'], '203.0.114.1', 443, 'connect'],
  // A name that resolves to a forbidden address: DNS rebinding.
  [false, ['evil.test'], '169.254.169.254', 80, 'connect'],
  [false, ['*'], '169.254.169.254', 80, 'connect'],
  [false, ['0.0.0.0/0'], '169.254.169.254', 80, 'connect'],
  [true, ['169.254.169.254:80'], '169.254.169.254', 80, 'connect'],
  [false, ['*'], 'fe80::1%eth0', 80, 'connect'],
  [true, ['127.0.0.1:8080'], '127.0.0.1', 8080, 'listen'],
  [false, ['127.0.0.1:8080'], '127.0.0.1', 8081, 'listen'],
  [false, ['127.0.0.1:8080'], '0.0.0.0', 8080, 'listen'],
  [true, ['0.0.0.0:8080'], '0.0.0.0', 8080, 'listen'],
  [true, ['10.0.0.1:1'], '0.0.0.0', 0, 'bind'],
  [false, ['10.0.0.1:1'], '0.0.0.0', 53, 'bind'],
  [false, ['10.0.0.1:53'], '10.0.0.2', 53, 'receive'],
])('%j: %j allow %s:%i to %s', (allowed, ...asked) => {
  expect(mayUse(...asked)).toBe(allowed);
});

test('names of the list may be looked up, others only with the permission for all', () => {
  const listed = compileNetPolicy({ ...NOTHING, allowNet: ['db.test:1', '*.sub.test'] });
  expect(['db.test', 'a.sub.test', 'sub.test', 'other.test'].filter((name) => listed.mayLookUp(name))).toEqual([
    'db.test',
    'a.sub.test',
  ]);
  expect(compileNetPolicy({ ...NOTHING, allowIpNameLookup: true }).mayLookUp('other.test')).toBe(true);
  expect(compileNetPolicy({ ...NOTHING, inheritNetwork: true }).mayLookUp('other.test')).toBe(false);
});

test.each(['', ':80', '::1', 'http://a', 'a:0', 'a:70000', '1.2.3.4/33', 'a@b', '127.1', 'a b'])(
  '%j is not a pattern',
  (text) => {
    expect(() => assertNetPatterns([text])).toThrow(/invalid --allow-net/);
  },
);
