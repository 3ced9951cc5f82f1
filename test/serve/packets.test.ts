import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeWays } from '../harness/matrix.ts';
import { connectRaw } from '../harness/raw-client.ts';
import { type Served, serveGuest } from '../harness/serve-guest.ts';

const RUNS = { numRuns: 25 };

/** Bytes as a latin1 string, of which no stretch looks like another. */
function patterned(length: number): string {
  return Array.from({ length }, (_, index) => String.fromCharCode((index * 31 + (index >> 8)) & 0xff)).join('');
}

describe.each(nodeWays)('$engine $isolation', (way) => {
  let echo: Served;

  beforeAll(async () => {
    echo = await serveGuest('echo', {}, way);
  });

  afterAll(async () => {
    await echo[Symbol.asyncDispose]();
  });

  test('a request cut into packets anywhere is the same request', async () => {
    const body = 'one\r\n\r\ntwo';
    const request = [
      'POST /?a=b HTTP/1.1',
      'Host: test',
      'Content-Type: text/x',
      'Transfer-Encoding: chunked',
      '',
      `${body.length.toString(16)}\r\n${body}`,
      '0',
      'X-One: caf\u{e9}',
      '',
      '',
    ].join('\r\n');
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: request.length - 1 }), { maxLength: 12 });
    const check = fc.asyncProperty(cuts, async (unsorted) => {
      await using client = await connectRaw(echo.origin);
      const ends = [...unsorted.toSorted((a, b) => a - b), request.length];
      for (const [index, end] of ends.entries()) await client.send(request.slice(ends[index - 1] ?? 0, end));
      expect(await client.readReply()).toMatchObject({ body, trailerLines: ['x-one: caf\u{e9}'], ending: 'framed' });
    });
    await fc.assert(check, RUNS);
  });

  test('a body in chunks of any sizes comes back whole, and the connection serves the next', async () => {
    await using client = await connectRaw(echo.origin);
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 150_000 })), {
      maxLength: 6,
    });
    const check = fc.asyncProperty(sizes, async (lengths) => {
      await client.send('POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n');
      const chunks = lengths.map(patterned);
      const sending = (async () => {
        for (const chunk of chunks) await client.send(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
        await client.sendChunk('');
      })();
      const reply = await client.readReply();
      await sending;
      expect(reply.ending).toBe('framed');
      expect(reply.body === chunks.join('')).toBe(true);
    });
    await fc.assert(check, RUNS);
  });
});
