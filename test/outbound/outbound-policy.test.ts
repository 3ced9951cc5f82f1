import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { compilePolicy } from '../../src/outbound/outbound-policy.ts';
import { parseTarget } from '../../src/outbound/target.ts';
import { createWholeBody, noSignal, openOutbound, serveHttp, toRequest, unwrap } from './upstreams.ts';

const DENIED = { tag: 'err', val: { tag: 'HTTP-request-denied' } };

function isAllowed(patterns: readonly string[] | undefined, url: string, address: string): boolean {
  const admit = compilePolicy(patterns);
  const [scheme, authority = ''] = url.split('://');
  const target = parseTarget(scheme as 'http', authority);
  if (target === undefined) throw new Error(`no target: ${url}`);
  return admit(target)?.(address) ?? false;
}

test.each([
  ['93.184.216.34', true],
  ['127.0.0.1', true],
  ['::1', true],
  ['10.1.2.3', true],
  ['2606:4700::1', true],
  ['169.254.169.254', false],
  ['169.254.0.1', false],
  ['::ffff:169.254.169.254', false],
  ['::ffff:a9fe:a9fe', false],
  ['0:0:0:0:0:ffff:a9fe:a9fe', false],
  ['64:ff9b::a9fe:a9fe', false],
  ['2002:a9fe:a9fe::', false],
  ['fe80::1', false],
  ['fe80::1%lo', false],
  ['febf::1', false],
  ['fd00:ec2::254', false],
  ['100.100.100.200', false],
  ['168.63.129.16', false],
  ['0.0.0.0', false],
  ['::', false],
  ['::ffff:0.0.0.0', false],
  ['224.0.0.1', false],
  ['ff02::1', false],
  ['255.255.255.255', false],
])('by default %s: %s', (address, expected) => {
  expect(isAllowed(undefined, 'http://upstream.test', address)).toBe(expected);
});

test.each([
  ['https://api.test', 'https://api.test', '1.2.3.4', true],
  ['https://api.test', 'https://API.test:443', '1.2.3.4', true],
  ['https://api.test', 'http://api.test', '1.2.3.4', false],
  ['https://api.test', 'https://api.test:8443', '1.2.3.4', false],
  ['https://api.test:*', 'https://api.test:8443', '1.2.3.4', true],
  ['*://api.test', 'http://api.test', '1.2.3.4', true],
  ['https://api.test', 'https://api.test.evil', '1.2.3.4', false],
  ['https://*.test', 'https://a.b.test', '1.2.3.4', true],
  ['https://*.test', 'https://test', '1.2.3.4', false],
  ['https://*.test', 'https://eviltest', '1.2.3.4', false],
  ['https://api.test', 'https://api.test', '169.254.169.254', false],
  ['*', 'http://any:99', '1.2.3.4', true],
  ['*', 'http://any:99', '169.254.169.254', false],
  ['http://10.0.0.0/8', 'http://any', '10.9.9.9', true],
  ['http://10.0.0.0/8', 'http://10.9.9.9', '10.9.9.9', true],
  ['http://10.0.0.0/8', 'http://any', '11.0.0.1', false],
  ['http://10.0.0.0/8', 'http://any', '::ffff:10.0.0.1', true],
  ['http://[fd00::/8]:81', 'http://any:81', 'fd12::1', true],
  ['http://169.254.169.254', 'http://169.254.169.254', '169.254.169.254', true],
  ['http://169.254.0.0/16', 'http://any', '169.254.169.254', true],
  ['http://169.254.169.254', 'http://any', '::ffff:a9fe:a9fe', true],
  ['http://168.0.0.0/5', 'http://any', '169.254.169.254', false],
  ['http://0.0.0.0/0', 'http://any', '169.254.169.254', false],
  ['http://0.0.0.0/0', 'http://any', '10.0.0.1', true],
  ['http://[::/0]', 'http://any', '2606:4700::1', true],
  ['http://[::/0]', 'http://any', '10.0.0.1', false],
  ['http://[fd00::/8]', 'http://any', 'fd00:ec2::254', false],
  ['http://[fd00:ec2::/32]', 'http://any', 'fd00:ec2::254', true],
  ['http://[64:ff9b::/96]', 'http://any', '64:ff9b::169.254.169.254', false],
  ['http://[64:ff9b:1::/48]', 'http://any', '64:ff9b:1::10.0.0.1', true],
  ['*://*.test:*', 'https://a.test:99', '1.2.3.4', true],
  ['http://127.0.0.1', 'http://localhost', '127.0.0.1', true],
])('%s and %s at %s: %s', (pattern, url, address, expected) => {
  expect(isAllowed([pattern], url, address)).toBe(expected);
});

test.each([
  ['api.test', /missing scheme; use scheme:\/\/host/],
  ['', /missing scheme/],
  ['api.test:443', /missing scheme/],
  ['ftp://a', /scheme 'ftp' is not http, https or \*/],
  ['http://', /missing host/],
  ['http://a:b', /not host or host:port/],
  ['http://a:0', /port 0 is not from 1 to 65535/],
  ['http://a:65536', /port 65536 is not/],
  ['http://10.0.0.0/33', /'10\.0\.0\.0\/33' is not a network/],
  ['http://10.0.0/8', /'10\.0\.0\/8' is not a network/],
  ['http://127.1', /'127\.1' is not a host/],
  ['http://0x7f000001', /'0x7f000001' is not a host/],
  ['http://a*b', /'a\*b' is not a host/],
  ['http://a/path', /a path is not allowed/],
  ['http://user@a', /a user name is not allowed/],
  ['http://::1', /an IPv6 address needs brackets/],
  ['http://[::1', /not host or host:port/],
  ['http://[::1/129]', /is not an IPv6 address or network/],
  ['http://[10.0.0.1]', /is not an IPv6 address or network/],
])("'%s' is not a pattern", (pattern, reason) => {
  expect(() => compilePolicy([pattern])).toThrow(reason);
});

test('any invalid pattern is a HostError, and a valid one decides for every address', () => {
  const part = constantFrom(
    '*',
    '://',
    'http',
    'https',
    '[',
    ']',
    '::',
    ':',
    '/',
    '.',
    '10.0.0.1',
    'a.test',
    '8',
    '99999',
    '%',
    '@',
  );
  const text = oneof(
    array(part).map((parts) => parts.join('')),
    string(),
  );
  assert(
    property(text, constantFrom('10.0.0.1', '169.254.169.254', '::1', 'fe80::1%lo', 'nonsense'), (pattern, address) => {
      try {
        const verdict = isAllowed([pattern], 'http://a.test', address);
        if (['169.254.169.254', 'fe80::1%lo', 'nonsense'].includes(address)) expect(verdict).toBe(false);
      } catch (error) {
        expect(error).toMatchObject({ name: 'HostError', code: 'bad-argument' });
      }
    }),
    { numRuns: 2000 },
  );
});

test.each([
  '169.254.169.254',
  '[::ffff:169.254.169.254]',
  '[fe80::1]',
  '0.0.0.0',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
])('no request goes to %s', async (host) => {
  const { sendRequest } = openOutbound();
  for (const body of [undefined, createWholeBody('x')]) {
    expect(await sendRequest(toRequest(`${host}:80`, { body }), noSignal())).toEqual(DENIED);
  }
});

test('what counts is the address that a name resolves to at the time of the connection', async () => {
  const upstream = await serveHttp((_request, response) => response.end('ok'));
  const port = upstream.authority.split(':')[1];
  let address = '127.0.0.1';
  const { sendRequest } = openOutbound({
    lookup: (_name, _options, callback) => callback(null, [{ address, family: 4 }]),
  });
  expect(unwrap(await sendRequest(toRequest(`a.test:${port}`), noSignal())).status).toBe(200);
  address = '169.254.169.254';
  expect(await sendRequest(toRequest(`b.test:${port}`), noSignal())).toEqual(DENIED);
  expect(upstream.sockets).toHaveLength(1);
});

test('of several addresses only those that are allowed are tried', async () => {
  const upstream = await serveHttp((_request, response) => response.end('ok'));
  const addresses = ['169.254.169.254', '127.0.0.1'].map((address) => ({ address, family: 4 }));
  const { sendRequest } = openOutbound({ lookup: (_name, _options, callback) => callback(null, addresses) });
  const authority = upstream.authority.replace('127.0.0.1', 'upstream.test');
  expect(unwrap(await sendRequest(toRequest(authority), noSignal())).status).toBe(200);
});

test('a policy without patterns denies before a name is resolved', async () => {
  const { sendRequest } = openOutbound({
    admit: compilePolicy([]),
    lookup: () => expect.unreachable('resolved'),
  });
  const body = createWholeBody('x');
  expect(await sendRequest(toRequest('upstream.test', { body }), noSignal())).toEqual(DENIED);
  expect(body.budget()).toEqual({ tag: 'closed' });
});
