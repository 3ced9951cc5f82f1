import { describe, expect, test } from 'vitest';
import { answer, ways } from '../harness/matrix.ts';
import { untilAnswered } from '../harness/serve-guest.ts';

const KIB = 1024;

/** Bytes of which no stretch looks like another. */
function patterned(byteLength: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength);
  for (let index = 0; index < byteLength; index += 1)
    bytes[index] = (index * 31 + (index >> 8) * 7 + (index >> 16)) & 0xff;
  return bytes;
}

/** A request body to which a test adds chunks when it likes. */
function openBody(): { body: ReadableStream<Uint8Array>; write: (text: string) => void; end: () => void } {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (c) => void (controller = c) });
  return {
    body,
    write: (text) => controller.enqueue(new TextEncoder().encode(text)),
    end: () => controller.close(),
  };
}

/** Reads on until `length` chars have come. */
async function readText(reader: ReadableStreamDefaultReader<Uint8Array>, length: number): Promise<string> {
  let text = '';
  while (text.length < length) {
    const { done, value } = await reader.read();
    if (done) break;
    text += Buffer.from(value).toString('latin1');
  }
  return text;
}

describe.each(ways)('$engine $isolation $exchange', (way) => {
  test.each([0, 1, 64 * KIB, 64 * KIB + 1, 5 * KIB * KIB])('echo gives %i bytes back', async (byteLength) => {
    await using guest = await answer(way, 'echo');
    const sent = patterned(byteLength);
    const response = await guest.send('/', { method: 'POST', body: sent });
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), sent)).toBe(0);
  });

  test('echo gives the content-type back', async () => {
    await using guest = await answer(way, 'echo');
    const response = await guest.send('/', { method: 'POST', body: 'x', headers: { 'content-type': 'text/odd' } });
    expect(response.headers.get('content-type')).toBe('text/odd');
  });

  test('the first chunk comes back before the last is sent', async () => {
    await using guest = await answer(way, 'echo');
    const { body, write, end } = openBody();
    write('first');
    const response = await guest.send('/', { method: 'POST', body, duplex: 'half' });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(await readText(reader, 5)).toBe('first');
    write('second');
    expect(await readText(reader, 6)).toBe('second');
    end();
    expect((await reader.read()).done).toBe(true);
  });

  test('a streamed request body ends when the client ends it', async () => {
    await using guest = await answer(way, 'echo');
    const { body, write, end } = openBody();
    for (const text of ['one ', 'two ', 'three']) write(text);
    end();
    const response = await guest.send('/', { method: 'POST', body, duplex: 'half' });
    expect(await response.text()).toBe('one two three');
  });

  test('flushed chunks arrive while the guest still works', async () => {
    await using guest = await answer(way, 'slow-body');
    const response = await guest.send('/?chunks=3&ms=50');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(await readText(reader, 8)).toBe('chunk 0\n');
    expect(guest.events.all).toEqual([]);
    expect(await readText(reader, 16)).toBe('chunk 1\nchunk 2\n');
  });

  test('a slow body arrives whole', async () => {
    await using guest = await answer(way, 'slow-body');
    const response = await guest.send('/?chunks=5&ms=1');
    expect(await response.text()).toBe('chunk 0\nchunk 1\nchunk 2\nchunk 3\nchunk 4\n');
  });

  test.each([1, 100_000, 8 * KIB * KIB])('a guest floods %i bytes', async (byteLength) => {
    await using guest = await answer(way, 'flood');
    const response = await guest.send(`/?bytes=${byteLength}`);
    expect((await response.arrayBuffer()).byteLength).toBe(byteLength);
  });

  test.each(['none', 'finished', 'stream'])('a reply without a body, by kind %s, has length 0', async (kind) => {
    await using guest = await answer(way, 'empty');
    const response = await guest.send(`/?kind=${kind}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('0');
    expect(await response.text()).toBe('');
  });

  test.each([
    ['hello', 'HEAD', '/'],
    ['slow-body', 'HEAD', '/?chunks=2&ms=1'],
    ['never-set', 'HEAD', '/'],
    ['status', 'GET', '/?code=204'],
  ])('the log of %s counts no bytes that are not sent: %s %s', async (name, method, path) => {
    await using guest = await answer(way, name);
    await guest.send(path, { method });
    expect(await untilAnswered(guest)).toMatchObject({ method, byteLength: 0 });
  });

  test.each(['hello', 'slow-body', 'empty'])('HEAD has the head of %s and no body', async (name) => {
    await using guest = await answer(way, name);
    const response = await guest.send('/', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(await response.text()).toBe('');
  });
});
