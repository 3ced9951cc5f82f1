import { expect, test } from 'vitest';
import { createHost } from '../../src/index.ts';
import { formatOrigin } from '../../src/server/http1/listen.ts';
import { guest } from '../harness/guests.ts';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { type Served, serveGuest } from '../harness/serve-guest.ts';
import { guestPath, runWasiServe, servingOn } from '../cli/wasi-serve.ts';

/** Who sends a request here. */
const PEER = '127.0.0.1';

async function ask({ origin }: Pick<Served, 'origin'>, ...lines: string[]): Promise<string> {
  const { status, body } = await requestRaw(origin, rawGet('/', ...lines));
  expect(status).toBe(200);
  return body;
}

const FORWARDED = [
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: shop.example',
  'X-Forwarded-For: 192.0.2.1',
  'Forwarded: for=192.0.2.1',
];
const NAMES = ['x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-for', 'forwarded'];

/** The names of the fields that the guest sees, of those above. */
function namesIn(report: string): string[] {
  return NAMES.filter((name) => new RegExp(`^${name}:`, 'm').test(report));
}

test('without trustProxy a request is as the client sent it, and its fields are passed on', async () => {
  await using head = await serveGuest('head');
  expect(await ask(head, ...FORWARDED)).toMatch(/^scheme: HTTP\nauthority: test\n/m);
  await using headers = await serveGuest('headers');
  expect(namesIn(await ask(headers, ...FORWARDED))).toEqual(NAMES);
});

test.each([['127.0.0.1'], ['127.0.0.0/8'], ['::ffff:127.0.0.1'], ['10.0.0.0/8', '127.0.0.1']])(
  'a proxy within %s is believed, and its fields are passed on',
  async (...trustProxy) => {
    await using head = await serveGuest('head', { trustProxy });
    expect(await ask(head, ...FORWARDED)).toMatch(/^scheme: HTTPS\nauthority: shop\.example\n/m);
    await using headers = await serveGuest('headers', { trustProxy });
    expect(namesIn(await ask(headers, ...FORWARDED))).toEqual(NAMES);
  },
);

test.each([['127.0.0.2'], ['10.0.0.0/8'], ['::1', '::/0']])(
  'who is not within %s is not believed, and guests do not see what it says',
  async (...trustProxy) => {
    await using head = await serveGuest('head', { trustProxy });
    expect(await ask(head, ...FORWARDED)).toMatch(/^scheme: HTTP\nauthority: test\n/m);
    await using headers = await serveGuest('headers', { trustProxy });
    const report = await ask(headers, ...FORWARDED, 'X-Other: 1');
    expect(namesIn(report)).toEqual([]);
    expect(report).toMatch(/^x-other:/m);
  },
);

test.each([
  ['the last of several, which the client cannot have sent', ['X-Forwarded-Proto: http, https'], 'HTTPS', 'test'],
  [
    'the last of several fields',
    ['X-Forwarded-Host: evil.example', 'X-Forwarded-Host: a.example:8080'],
    'HTTP',
    'a.example:8080',
  ],
  ['the word in any case', ['X-Forwarded-Proto: HTTPS'], 'HTTPS', 'test'],
  ['no other scheme', ['X-Forwarded-Proto: ftp'], 'HTTP', 'test'],
  ['no host that is not one', ['X-Forwarded-Host: a b'], 'HTTP', 'test'],
  ['nothing that is empty', ['X-Forwarded-Host:', 'X-Forwarded-Proto:'], 'HTTP', 'test'],
])('of a trusted proxy counts %s', async (_what, lines, scheme, authority) => {
  await using head = await serveGuest('head', { trustProxy: [PEER] });
  expect(await ask(head, ...lines)).toContain(`scheme: ${scheme}\nauthority: ${authority}\n`);
});

test('a route is found by the host that a trusted proxy names', async () => {
  await using host = createHost({ trustProxy: [PEER] }, () => undefined);
  host.mount({ host: 'shop.example', path: '/' }, await guest('head'));
  const origin = formatOrigin((await host.listen({ hostname: PEER, port: 0 })).address);
  expect(await ask({ origin }, ...FORWARDED)).toContain('authority: shop.example\n');
  expect((await requestRaw(origin, rawGet('/'))).status).toBe(404);
});

test('--trust-proxy may be given several times, and takes only addresses and networks', async () => {
  const flags = ['--trust-proxy', '10.0.0.0/8', '--trust-proxy', PEER];
  await using serving = await servingOn([guestPath('head'), ...flags]);
  expect(await ask(serving, ...FORWARDED)).toContain('scheme: HTTPS\nauthority: shop.example\n');
  const wrong = await runWasiServe([guestPath('head'), '--trust-proxy', 'localhost']);
  expect(wrong).toMatchObject({
    code: 2,
    stderr:
      "error: invalid --trust-proxy 'localhost': 'localhost' is not an address or network, write 10.0.0.1 or 10.0.0.0/8\n",
  });
});
