import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { connectRaw, rawGet, requestRaw } from '../harness/raw-client.ts';
import { failuresOf, linesOf, serveGuest, untilAnswered } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { until, untilStalled } from '../harness/until.ts';

const MIB = 1024 * 1024;
/** What the kernel buffers for one loopback connection, on both sides, plus our own buffers. */
const MOST_UNREAD_MIB = 24;

test('a reader that stops stops the guest, and one that keeps reading lets it continue', async () => {
  await using served = await serveGuest('flood');
  await using client = await connectRaw(served.origin);
  await client.send(rawGet(`/?bytes=${1024 * MIB}&progress=1`));
  const first = await untilStalled(served);
  expect(first).toBeLessThan(MOST_UNREAD_MIB);

  for (let read = 0; read < 2 * MOST_UNREAD_MIB * MIB;) read += (await client.readSome()).length;
  await until(() => linesOf(served, 'stderr').length > first + MOST_UNREAD_MIB);
  const second = await untilStalled(served);
  expect(second).toBeLessThan(4 * MOST_UNREAD_MIB);
});

test('readers that stop cost the host no more than is on its way', async () => {
  await using served = await serveGuest('flood');
  const start = leftovers(served.host);
  const rss = process.memoryUsage().rss;
  const clients = await Promise.all(Array.from({ length: 20 }, () => connectRaw(served.origin)));
  await Promise.all(clients.map((client) => client.send(rawGet(`/?bytes=${1024 * MIB}&progress=1`))));
  await untilStalled(served);
  expect(served.host.inFlight).toBe(20);
  expect(process.memoryUsage().rss - rss).toBeLessThan(20 * 8 * MIB);

  for (const client of clients) client.reset();
  await untilNothingIsLeft(served.host, start);
});

test('a reader that stops loses its connection at the deadline', async () => {
  await using served = await serveGuest('flood', { timeoutMs: 400 });
  const start = leftovers(served.host);
  const client = await connectRaw(served.origin);
  await client.send(rawGet(`/?bytes=${1024 * MIB}`));

  const { end } = await untilAnswered(served);
  expect(end).toBe('aborted');
  expect(failuresOf(served)).toContain('the reply was broken off: guest timed out');
  expect((await client.readReply()).ending).toBe('reset');
  await untilNothingIsLeft(served.host, start);
});

test('a reader that stops keeps no place from others beyond the deadline', async () => {
  await using served = await serveGuest('flood', { timeoutMs: 400, maxConcurrentRequests: 1 });
  await using stalled = await connectRaw(served.origin);
  await stalled.send(rawGet(`/?bytes=${1024 * MIB}`));
  await until(() => served.host.inFlight === 1);
  expect((await requestRaw(served.origin, rawGet('/?bytes=1'))).body).toBe('x');
});

test('a reader as fast as the guest leaves others their turn', async () => {
  await using served = await serveGuest('flood');
  const reader = fork(new URL('../harness/crowd/fast-reader.ts', import.meta.url), [
    `${served.origin}/?bytes=${256 * MIB}`,
  ]);
  const ended = once(reader, 'exit');
  await until(() => served.host.inFlight === 1);
  expect((await requestRaw(served.origin, rawGet('/?bytes=1'))).body).toBe('x');

  expect((await ended)[0]).toBe(0);
  await untilAnswered(served, `/?bytes=${256 * MIB}`);
  expect(pathsOf(served)).toEqual(['/?bytes=1', `/?bytes=${256 * MIB}`]);
});

test('a body that has no reader leaves others their turn', async () => {
  await using served = await serveGuest('flood');
  await using client = await connectRaw(served.origin);
  await client.send(`HEAD /?bytes=${256 * MIB} HTTP/1.1\r\nHost: test\r\n\r\n`);
  await until(() => served.host.inFlight === 1);
  expect((await requestRaw(served.origin, rawGet('/?bytes=1'))).body).toBe('x');

  expect((await client.readReply({ method: 'HEAD' })).status).toBe(200);
  await untilAnswered(served, `/?bytes=${256 * MIB}`);
  expect(pathsOf(served)).toEqual(['/?bytes=1', `/?bytes=${256 * MIB}`]);
});

test('a client that trickles its body gets each byte back before it sends the next', async () => {
  await using served = await serveGuest('echo');
  await using client = await connectRaw(served.origin);
  for (const char of 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n') await client.send(char);
  for (const [index, char] of Array.from('trickle').entries()) {
    for (const part of ['1', '\r\n', char, '\r', '\n']) await client.send(part);
    if (index === 0) expect((await client.readHead()).status).toBe(200);
    expect(await client.readChunk()).toBe(char);
  }
  await client.sendChunk('');
  expect(await client.readChunk()).toBe('');
  expect((await client.readTrailers()).ending).toBe('framed');
});

function pathsOf({ events }: Awaited<ReturnType<typeof serveGuest>>): string[] {
  return events.all.flatMap((event) => (event.at === 'request' ? [event.request.path] : []));
}
