import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MIB = 1024 * 1024;
/** How much goes through; 1024 for a thorough run. */
const STREAM_MIB = Number(process.env['BIG_STREAM_MIB'] ?? 256);
const MAX_GROWTH_MIB = 64;

let host: ChildProcess;
let origin: string;

beforeAll(async () => {
  host = fork(new URL('../harness/crowd/host-process.ts', import.meta.url), ['echo', '{"timeoutMs":0}']);
  const [message] = (await once(host, 'message')) as [{ origin: string }];
  origin = message.origin;
});

afterAll(() => host.disconnect());

test.each(['chunks', 'a length'])(
  `${STREAM_MIB} MiB with %s go through the host in constant memory, and come back as they were`,
  async (framing) => {
    await echo(16, framing);
    const before = await memory();
    const { sent, received } = await echo(STREAM_MIB, framing);
    const after = await memory();

    expect(`${received}`).toBe(`${sent}`);
    expect(received.byteLength).toBe(STREAM_MIB * MIB);
    expect(after.maxRss - before.maxRss).toBeLessThan(MAX_GROWTH_MIB * MIB);
  },
  120_000,
);

async function memory(): Promise<{ readonly rss: number; readonly maxRss: number }> {
  const told = once(host, 'message');
  host.send('memory');
  return (await told)[0] as { rss: number; maxRss: number };
}

/** The content of a stream, without keeping it. */
class Digest {
  byteLength = 0;
  readonly #hash = createHash('sha1');

  add(bytes: Uint8Array): void {
    this.byteLength += bytes.byteLength;
    this.#hash.update(bytes);
  }

  toString(): string {
    return `${this.byteLength} bytes, ${this.#hash.copy().digest('hex')}`;
  }
}

async function echo(mib: number, framing: string): Promise<{ readonly sent: Digest; readonly received: Digest }> {
  const headers = framing === 'chunks' ? {} : { 'content-length': `${mib * MIB}` };
  const outgoing = request(origin, { method: 'POST', headers, agent: false });
  const [sent, received] = [new Digest(), new Digest()];
  const sending = pipeline(Readable.from(blocks(mib, sent)), outgoing);
  const [incoming] = (await once(outgoing, 'response')) as [AsyncIterable<Buffer>];
  for await (const bytes of incoming) received.add(bytes);
  await sending;
  return { sent, received };
}

/** Blocks of 1 MiB that differ. */
function* blocks(mib: number, sent: Digest): Generator<Uint8Array> {
  for (let index = 0; index < mib; index += 1) {
    const block = Buffer.alloc(MIB, `block ${index};`);
    sent.add(block);
    yield block;
  }
}
