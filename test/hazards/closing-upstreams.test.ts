import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { requestRaw } from '../harness/raw-client.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { startTcpUpstream } from '../harness/upstream.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { outcomeOf } from '../harness/outcome.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const CLIENTS = 32;
const REQUESTS = 600;

const CLOSE = {
  FIN: (socket: Socket) => socket.end(),
  RST: (socket: Socket) => socket.resetAndDestroy(),
} as const;

/** A request to the guest `proxy`, which passes it on in chunks. */
function post(origin: string, url: string): ReturnType<typeof requestRaw> {
  const path = `/?url=${encodeURIComponent(url)}`;
  const head = `POST ${path} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n`;
  return requestRaw(origin, `${head}4\r\ntext\r\n0\r\n\r\n`);
}

test.each([
  ['FIN', 'at once'],
  ['FIN', 'after 1 to 9 ms'],
  ['RST', 'at once'],
  ['RST', 'after 1 to 9 ms'],
] as const)(
  '600 POSTs of a guest to an upstream that closes by %s %s are each answered, and arrive once',
  async (end, when) => {
    let arrived = 0;
    await using upstream = await startTcpUpstream((socket) => {
      let seen = '';
      socket.on('data', (bytes) => {
        seen += bytes.toString('latin1');
        if (!seen.endsWith('\r\n0\r\n\r\n')) return;
        seen = '';
        arrived += 1;
        socket.write(OK);
        if (when === 'at once') CLOSE[end](socket);
        else setTimeout(() => CLOSE[end](socket), 1 + (arrived % 9));
      });
    });
    await using served = await serveGuest('proxy');
    const start = leftovers(served.host);
    const outcomes = new Map<number | string, number>();
    let left = REQUESTS;
    const client = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const outcome = await outcomeOf(post(served.origin, upstream.origin));
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    expect([...outcomes]).toEqual([[200, REQUESTS]]);
    expect(arrived).toBe(REQUESTS);
    await untilNothingIsLeft(served.host, start);
  },
);
