import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { answer, nodeWays } from '../harness/matrix.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { until } from '../harness/until.ts';

const NETWORK = { inheritNetwork: true, allowIpNameLookup: true } as const;

/** A TCP peer on a free port. */
async function listen(
  onConnection: (socket: Socket) => void,
  host = '127.0.0.1',
): Promise<AsyncDisposable & { addr: string; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port, family } = server.address() as AddressInfo;
  return {
    addr: family === 'IPv6' ? `[${host}]:${port}` : `${host}:${port}`,
    server,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const KINDS = new Set(['TCPSocketWrap', 'TCPServerWrap', 'UDPWrap', 'TCPWrap', 'TCPConnectWrap']);

/** What of the network is open in this process. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => KINDS.has(kind)).length;
}

const echo = (socket: Socket): void => void socket.pipe(socket);

describe.each(nodeWays)('$engine $isolation', (way) => {
  test.each(['127.0.0.1', '::1'])('a guest sends to a TCP peer at %s and reads what comes back', async (host) => {
    await using peer = await listen(echo, host);
    await using guest = await answer(way, 'tcp-client', NETWORK);
    const response = await guest.send(`/?addr=${encodeURIComponent(peer.addr)}`, {
      method: 'POST',
      body: 'hello peer',
    });
    expect(await response.text()).toBe('hello peer');
  });

  test.each([20_000, 60_000, 100_000])('the end is seen after %i bytes that came back with it', async (length) => {
    await using peer = await listen(echo);
    await using guest = await answer(way, 'tcp-client', { ...NETWORK, timeoutMs: 5000 });
    const body = 'y'.repeat(length);
    expect(await (await guest.send(`/?addr=${peer.addr}`, { method: 'POST', body })).text()).toBe(body);
  });

  test('by name too', async () => {
    await using peer = await listen(echo);
    await using guest = await answer(way, 'tcp-client', NETWORK);
    const addr = peer.addr.replace('127.0.0.1', 'localhost');
    expect(await (await guest.send(`/?addr=${addr}`, { method: 'POST', body: 'x' })).text()).toBe('x');
  });

  test('megabytes go both ways, with a peer that answers only after it has read all', async () => {
    const pieces: Buffer[] = [];
    await using peer = await listen((socket) => {
      socket.on('data', (bytes: Buffer) => void pieces.push(bytes));
      socket.on('end', () => socket.end(Buffer.concat(pieces)));
    });
    await using guest = await answer(way, 'tcp-client', NETWORK);
    const body = Buffer.alloc(8 * 1024 * 1024, 'abcdefg');
    const response = await guest.send(`/?addr=${peer.addr}`, { method: 'POST', body });
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
  });

  test('a peer that refuses or resets is an error of the guest', async () => {
    await using peer = await listen((socket) => socket.resetAndDestroy());
    await using guest = await answer(way, 'tcp-client', NETWORK);
    const reset = await guest.send(`/?addr=${peer.addr}`, { method: 'POST', body: 'x' });
    expect([200, 502]).toContain(reset.status);
    await reset.text();
    peer.server.close();
    await once(peer.server, 'close');
    const refused = await guest.send(`/?addr=${peer.addr}`);
    expect([refused.status, await refused.text()]).toEqual([502, expect.stringContaining('ConnectionRefused')]);
  });

  test.each(['127.0.0.1', '::1'])('a UDP peer at %s answers, or does not', async (host) => {
    const peer = createSocket(host === '::1' ? 'udp6' : 'udp4');
    peer.on('message', (bytes, { port, address }) => {
      if (bytes.toString() !== 'silence') peer.send(`re: ${bytes.toString()}`, port, address);
    });
    peer.bind(0, host);
    await once(peer, 'listening');
    const addr = encodeURIComponent(host === '::1' ? `[::1]:${peer.address().port}` : `${host}:${peer.address().port}`);
    await using guest = await answer(way, 'udp-client', NETWORK);
    expect(await (await guest.send(`/?addr=${addr}&message=hi`)).text()).toBe('re: hi');
    expect((await guest.send(`/?addr=${addr}&message=silence&ms=50`)).status).toBe(504);
    peer.close();
  });

  test.each(['', 'family=ipv6'])('the states of sockets are those of the WIT (%s)', async (query) => {
    await using guest = await answer(way, 'socket-facts', NETWORK);
    expect((await (await guest.send(`/?${query}`)).text()).trim().split('\n')).toEqual(FACTS);
  });

  test('names are looked up, and what is not one is refused', async () => {
    await using guest = await answer(way, 'socket-facts', NETWORK);
    const names = [
      '127.0.0.1',
      '::1',
      '[::1]',
      '',
      'a b',
      'a.b<&>',
      '127.0.0.1:80',
      'http://a.test/',
      'no-such-name.invalid',
    ];
    const text = await (await guest.send(`/?names=${encodeURIComponent(names.join(','))}`)).text();
    const results = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' -> ')[1]);
    expect(results.slice(0, 3)).toEqual([
      'IpAddress::Ipv4((127, 0, 0, 1))',
      ...Array(2).fill('IpAddress::Ipv6((0, 0, 0, 0, 0, 0, 0, 1))'),
    ]);
    expect(results.slice(3, 8)).toEqual(Array(5).fill('invalid-argument'));
    expect(['name-unresolvable', 'temporary-resolver-failure']).toContain(results[8]);
  });

  test.each(['reply', 'trap', 'sleep'])('all sockets that a request opened end with it: %s', async (end) => {
    await using served = await serveGuest('socket-facts', { ...NETWORK, timeoutMs: 500 }, way);
    const before = openSockets();
    const sent = fetch(`${served.origin}/?hold=5&end=${end}`, { headers: { connection: 'close' } });
    // Each of the five listens, and has a UDP socket and a connection.
    if (end === 'sleep') await until(() => openSockets() >= before + 3 * 5);
    const response = await sent;
    await response.text();
    expect(response.status).toBe({ reply: 200, trap: 500, sleep: 504 }[end]);
    await until(() => openSockets() <= before);
  });

  test('a request has no more sockets than it may', async () => {
    await using served = await serveGuest('socket-facts', { ...NETWORK, limits: { maxSockets: 4 } }, way);
    expect(await (await fetch(`${served.origin}/?hold=9`)).text()).toBe('4 4\n');
  });

  test('an address that is not allowed is denied', async () => {
    await using peer = await listen(echo);
    const port = peer.addr.split(':')[1];
    await using guest = await answer(way, 'tcp-client', { allowNet: [`10.0.0.0/8:${port}`] });
    const denied = await guest.send(`/?addr=${peer.addr}`);
    expect([denied.status, await denied.text()]).toEqual([502, expect.stringContaining('PermissionDenied')]);
    await using allowed = await answer(way, 'tcp-client', { allowNet: [`localhost:${port}`] });
    const byName = await allowed.send(`/?addr=localhost:${port}`, { method: 'POST', body: 'x' });
    expect(await byName.text()).toBe('x');
    expect((await allowed.send(`/?addr=${peer.addr}`)).status).toBe(502);
  });
});

const FACTS = [
  'tcp finish-bind early -> not-in-progress',
  'tcp start-listen unbound -> invalid-state',
  'tcp accept unbound -> invalid-state',
  'tcp local-address unbound -> invalid-state',
  'tcp connect port 0 -> invalid-argument',
  'tcp connect other family -> invalid-argument',
  'tcp connect unspecified -> invalid-argument',
  'tcp backlog 0 -> invalid-argument',
  'tcp start-bind -> ok',
  'tcp start-bind again -> concurrency-conflict',
  'tcp finish-bind -> ok',
  'tcp bound port is not 0 -> true',
  'tcp start-listen -> ok',
  'tcp finish-listen -> ok',
  'tcp is-listening -> true',
  'tcp accept nobody -> would-block',
  'tcp shutdown unconnected -> invalid-state',
  'tcp start-connect -> ok',
  'tcp start-connect again -> concurrency-conflict',
  'tcp finish-connect again -> not-in-progress',
  'tcp peers agree -> true',
  'tcp read -> ping',
  'tcp shutdown send -> ok',
  'tcp write after shutdown -> closed',
  'tcp read at the end -> closed',
  'tcp read half-closed -> pong',
  'tcp refused -> connection-refused',
  'udp stream unbound -> invalid-state',
  'udp bind other family -> invalid-argument',
  'udp bind again -> invalid-state',
  'udp hop limit 0 -> invalid-argument',
  'udp receive nothing -> Ok(0)',
  'udp check-send -> true',
  'udp send -> Ok(1)',
  'udp received -> 1 hello',
  'udp from whom -> true',
  'udp send to nobody -> invalid-argument',
];
