import { describe, expect, test } from 'vitest';
import { answer, ways } from '../harness/matrix.ts';
import { failuresOf, linesOf, untilAnswered } from '../harness/serve-guest.ts';

const STATUS_BY_CODE = {
  'DNS-timeout': 504,
  'DNS-error': 502,
  'destination-not-found': 502,
  'destination-unavailable': 502,
  'destination-IP-prohibited': 403,
  'destination-IP-unroutable': 502,
  'connection-refused': 502,
  'connection-terminated': 502,
  'connection-timeout': 504,
  'connection-read-timeout': 504,
  'connection-write-timeout': 504,
  'connection-limit-reached': 502,
  'TLS-protocol-error': 502,
  'TLS-certificate-error': 502,
  'TLS-alert-received': 502,
  'HTTP-request-denied': 403,
  'HTTP-request-length-required': 500,
  'HTTP-request-body-size': 413,
  'HTTP-request-method-invalid': 500,
  'HTTP-request-URI-invalid': 500,
  'HTTP-request-URI-too-long': 414,
  'HTTP-request-header-section-size': 431,
  'HTTP-request-header-size': 431,
  'HTTP-request-trailer-section-size': 500,
  'HTTP-request-trailer-size': 500,
  'HTTP-response-incomplete': 502,
  'HTTP-response-header-section-size': 500,
  'HTTP-response-header-size': 500,
  'HTTP-response-body-size': 500,
  'HTTP-response-trailer-section-size': 500,
  'HTTP-response-trailer-size': 500,
  'HTTP-response-transfer-coding': 500,
  'HTTP-response-content-coding': 500,
  'HTTP-response-timeout': 504,
  'HTTP-upgrade-failed': 500,
  'HTTP-protocol-error': 500,
  'loop-detected': 508,
  'configuration-error': 500,
  'internal-error': 500,
} as const;

const WITH_PAYLOAD = [
  ['DNS-error', 'DNS-error(rcode: NXDOMAIN, infoCode: 3)'],
  ['TLS-alert-received', 'TLS-alert-received(alertId: 40, alertMessage: handshake failure)'],
  ['HTTP-request-body-size', 'HTTP-request-body-size(1)'],
  ['HTTP-request-header-size', 'HTTP-request-header-size(fieldName: x-large, fieldSize: 9000)'],
  ['internal-error', 'internal-error(it broke)'],
] as const;

/** Statuses that a client gets as the guest gave them; those of no body and of no Response have tests of their own. */
const STATUSES = [
  200, 201, 202, 206, 299, 300, 301, 302, 307, 308, 400, 401, 404, 418, 429, 451, 500, 502, 503, 504, 599,
];

describe.each(ways)('$engine $isolation $exchange', (way) => {
  test.each(STATUSES)("the guest's status %i is the client's", async (code) => {
    await using guest = await answer(way, 'status');
    const response = await guest.send(`/?code=${code}`, { redirect: 'manual' });
    expect(response.status).toBe(code);
    expect(await response.text()).toBe(`status ${code}\n`);
  });

  test.each([204, 304])('status %i has no body', async (code) => {
    await using guest = await answer(way, 'status');
    const response = await guest.send(`/?code=${code}`);
    expect(response.status).toBe(code);
    expect(await response.text()).toBe('');
  });

  test.each([600, 700, 999])(
    'status %i, which a Response cannot hold, is itself on our sockets and else 502',
    async (code) => {
      await using guest = await answer(way, 'status');
      const response = await guest.send(`/?code=${code}`);
      expect(response.status).toBe(way.exchange === 'node' ? code : 502);
    },
  );

  test.each([0, 99, 100, 101, 103, 199, 1000, 65_535])('set-status-code refuses %i', async (code) => {
    await using guest = await answer(way, 'status');
    const response = await guest.send(`/?code=${code}`);
    expect(await response.text()).toBe('refused\n');
  });

  test('the names of all error-codes are in our table', async () => {
    await using guest = await answer(way, 'set-error');
    const response = await guest.send('/');
    expect((await response.text()).trimEnd().split('\n')).toEqual(Object.keys(STATUS_BY_CODE));
  });

  test.each(Object.entries(STATUS_BY_CODE))('the error %s is status %i', async (code, status) => {
    await using guest = await answer(way, 'set-error');
    const response = await guest.send(`/?code=${code}`);
    expect(response.status).toBe(status);
  });

  test.each(WITH_PAYLOAD)('the error %s is logged with its payload', async (code, described) => {
    await using guest = await answer(way, 'set-error');
    await guest.send(`/?code=${code}`);
    expect(failuresOf(guest)).toEqual([`the guest answered with the error ${described}`]);
  });

  test('an error reply hides its reason', async () => {
    await using guest = await answer(way, 'set-error');
    const response = await guest.send('/?code=internal-error', { headers: { 'x-request-id': 'r-2' } });
    expect(response.headers.get('x-request-id')).toBe('r-2');
    expect(await response.text()).toBe('500 Internal Server Error (request r-2)\n');
  });

  test('an error reply shows its reason if the operator enables it', async () => {
    await using guest = await answer(way, 'set-error', { errorDetail: 'shown' });
    const response = await guest.send('/?code=loop-detected', { headers: { 'x-request-id': 'r-3' } });
    expect(await response.text()).toBe(
      '508 Loop Detected: the guest answered with the error loop-detected (request r-3)\n',
    );
  });

  test('an error reply is a page for a browser', async () => {
    await using guest = await answer(way, 'never-set', { errorDetail: 'shown' });
    const response = await guest.send('/', { headers: { accept: 'text/html,*/*' } });
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toMatch(
      /<h1>500 Internal Server Error<\/h1>\n<pre>guest never invoked `response-outparam/,
    );
  });

  test('the reply is out before the guest ends its work', async () => {
    await using guest = await answer(way, 'after-reply');
    const response = await guest.send('/?ms=50');
    expect(await response.text()).toBe('early\n');
    expect(guest.output.all).toEqual([]);
  });

  test('a guest continues after its reply', async () => {
    await using guest = await answer(way, 'after-reply');
    await guest.send('/?ms=1');
    const { line } = await guest.output.until(() => true);
    expect(line).toBe('stdout [0] :: after reply done');
  });
});

describe.each(ways)('content-length, $engine $isolation $exchange', (way) => {
  test.each([
    { query: 'declared=5&written=5', length: '5', text: 'xxxxx' },
    { query: 'declared=0&written=0', length: '0', text: '' },
    { query: 'declared=100000&written=100000', length: '100000', text: 'x'.repeat(100_000) },
    { query: 'written=5', length: '5', text: 'xxxxx' },
    { query: 'raw=9', length: '9', text: 'accepted\n' },
    { query: 'raw=009', length: '9', text: 'accepted\n' },
    { query: 'raw=9&also=9', length: '9', text: 'accepted\n' },
  ])('$query is a reply of $length bytes', async ({ query, length, text }) => {
    await using guest = await answer(way, 'content-length');
    const response = await guest.send(`/?${query}`);
    expect(response.headers.get('content-length')).toBe(length);
    expect(await response.text()).toBe(text);
  });

  test.each([
    'raw=%2b9',
    'raw=-9',
    'raw=9,9',
    'raw=9%20',
    'raw=0x9',
    'raw=9.0',
    'raw=',
    'raw=99999999999999999999',
    'raw=9&also=8',
  ])('%s is refused', async (query) => {
    await using guest = await answer(way, 'content-length');
    const response = await guest.send(`/?${query}`);
    expect(await response.text()).toBe('content-length: invalid-syntax\n');
  });

  test.each([
    { query: 'declared=5&written=3', fact: 'finish: ErrorCode::HttpResponseBodySize(Some(3))' },
    { query: 'declared=5&written=0', fact: 'finish: ErrorCode::HttpResponseBodySize(Some(0))' },
    { query: 'declared=5&written=8', fact: 'write: last-operation-failed(ErrorCode::HttpResponseBodySize(Some(8)))' },
    { query: 'declared=0&written=1', fact: 'write: last-operation-failed(ErrorCode::HttpResponseBodySize(Some(1)))' },
  ])('$query tells the guest: $fact', async ({ query, fact }) => {
    await using guest = await answer(way, 'content-length');
    await guest
      .send(`/?${query}`)
      .then(
        (response) => response.text(),
        () => undefined,
      )
      .catch(() => undefined);
    await untilAnswered(guest);
    expect(linesOf(guest, 'stderr')).toContain(`stderr [0] :: ${fact}`);
  });

  test.each(['declared=5&written=3', 'declared=5&written=8'])('%s never looks complete', async (query) => {
    await using guest = await answer(way, 'content-length');
    await expect(guest.send(`/?${query}`).then((response) => response.text())).rejects.toThrow();
    expect((await untilAnswered(guest)).end).toBe('aborted');
  });
});
