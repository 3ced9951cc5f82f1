import { expect, test } from 'vitest';
import type { RawHttp2Peer } from '../harness/raw-http2.ts';
import {
  createCertificate,
  noSignal,
  openOutbound,
  readAll,
  serveHttp2,
  serveRawHttp2,
  toRequest,
  until,
  unwrap,
} from './upstreams.ts';

const certificate = createCertificate();
const OK = [[':status', '200']] as const;

/** Frames again and again, as fast as they are taken, until the connection is gone. */
function flood(frames: (peer: RawHttp2Peer, streamId: number) => unknown): (peer: RawHttp2Peer, id: number) => void {
  return (peer, id) => {
    const send = (): void => {
      for (let count = 0; count < 1000 && peer.socket.writable; count += 1) frames(peer, id);
      if (!peer.socket.destroyed) peer.written(() => setImmediate(send));
    };
    send();
  };
}

/** A field of 4,000 bytes that goes into the table of HPACK, and then that field from there, in a byte each time. */
function unfold(times: number): Buffer {
  const name = Buffer.from([0x40, 1, 'x'.charCodeAt(0)]);
  const length = Buffer.from([127, ((4000 - 127) % 128) + 128, Math.floor((4000 - 127) / 128)]);
  return Buffer.concat([Buffer.from([0x88]), name, length, Buffer.alloc(4000, 'v'), Buffer.alloc(times, 0xbe)]);
}

test.each([
  ['informational responses', flood((peer, id) => peer.headers(id, [[':status', '103']])), 'HTTP-protocol-error'],
  ['settings', flood((peer) => peer.settings()), /protocol-error|terminated/],
  ['pings', flood((peer) => peer.ping()), /protocol-error|terminated/],
  ['frames of a head', flood((peer, id) => peer.headers(id, [['x', 'v'.repeat(60_000)]])), /HTTP-/],
  ['a head that unfolds to 10 MB', (peer: RawHttp2Peer, id: number) => peer.block(id, unfold(2500)), /size|terminated/],
])('an HTTP/2 upstream that floods with %s is left', async (_what, answer, tag) => {
  const upstream = await serveRawHttp2(answer, certificate);
  const { sendRequest } = openOutbound({ ca: [certificate.cert] });
  const sent = await sendRequest(
    toRequest(upstream.authority, { scheme: 'https', firstByteTimeoutMs: 5000 }),
    noSignal(),
  );
  expect(sent).toMatchObject({ tag: 'err', val: { tag: expect.stringMatching(tag) } });
  await until(() => upstream.sockets.every((socket) => socket.destroyed));
});

test('an HTTP/2 upstream that sends more than it was let send is left', async () => {
  const upstream = await serveRawHttp2((peer, id) => {
    peer.headers(id, OK);
    flood(() => peer.data(id, 'x'.repeat(16_000)))(peer, id);
  }, certificate);
  const { sendRequest } = openOutbound({ ca: [certificate.cert] });
  const { body } = unwrap(await sendRequest(toRequest(upstream.authority, { scheme: 'https' }), noSignal()));
  // Nobody reads meanwhile.
  await until(() => upstream.sockets.every((socket) => socket.destroyed));
  expect((await readAll(body)).end).toMatchObject({ tag: expect.stringMatching(/^HTTP-/) });
});

test('an HTTP/2 upstream that lets no stream in is waited for as long as the guest wants', async () => {
  const upstream = await serveHttp2(() => {}, certificate);
  const { sendRequest } = openOutbound({ ca: [certificate.cert] });
  const sent = await sendRequest(
    toRequest(upstream.authority, { scheme: 'https', firstByteTimeoutMs: 20 }),
    noSignal(),
  );
  expect(sent).toEqual({ tag: 'err', val: { tag: 'connection-read-timeout' } });
});
