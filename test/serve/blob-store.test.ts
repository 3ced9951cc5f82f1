import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readFacts } from '../harness/facts.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { answer, nodeWays } from '../harness/matrix.ts';
import { S3_CREDENTIALS, startS3 } from '../harness/s3.ts';
import { type Served, failuresOf, noticesOf, serveGuest } from '../harness/serve-guest.ts';
import { until } from '../harness/until.ts';
import { BLOB_KINDS, makeBlobPlace } from '../state/blob-stores.ts';

/** What the guest finds, whatever the store. */
const FACTS = readFileSync(join(import.meta.dirname, 'blob-facts.txt'), 'utf8')
  .trimEnd()
  .split('\n');

const MIB = 1024 * 1024;
/** Bytes that tell where they are. */
const LARGE = Buffer.alloc(20 * MIB, Buffer.from(Array.from({ length: 65_521 }, (_, index) => (index * 7919) >> 3)));

const text = async ({ origin }: Pick<Served, 'origin'>, path: string, init?: RequestInit): Promise<string> =>
  await (await fetch(`${origin}${path}`, init)).text();

const put = (served: Pick<Served, 'origin'>, path: string, body: string | Buffer<ArrayBuffer>): Promise<string> =>
  text(served, `/put?${path}`, { method: 'PUT', body });

const digest = (bytes: ArrayBuffer | Buffer): string =>
  createHash('sha256')
    .update(bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes)
    .digest('hex');

/** The files below a folder that this process has open. */
function openBelow(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });
}

describe.each(nodeWays)('$engine $isolation', (way) => {
  test.each(BLOB_KINDS)('all functions do in a store of %s what they do in any', async (kind) => {
    await using place = await makeBlobPlace(kind);
    await using guest = await answer(way, 'blob-store', { blobStores: { default: place.spec } });
    for (let time = 0; time < 2; time += 1) expect(await readFacts(await guest.send('/facts'))).toEqual(FACTS);
    expect(failuresOf(guest)).toEqual([]);
  });

  test.each(BLOB_KINDS)('megabytes go into a store of %s and come back, whole and in part', async (kind) => {
    await using place = await makeBlobPlace(kind);
    await using guest = await answer(way, 'blob-store', { blobStores: { default: place.spec } });
    const sent = await guest.send('/put?name=large', { method: 'PUT', body: LARGE });
    expect(await sent.text()).toBe(`${LARGE.byteLength}\n`);
    const whole = await guest.send('/get?name=large');
    expect(digest(await whole.arrayBuffer())).toBe(digest(LARGE));
    const [start, end] = [9 * MIB - 1, 17 * MIB + 5];
    const part = await guest.send(`/get?name=large&start=${start}&end=${end}`);
    expect(digest(await part.arrayBuffer())).toBe(digest(LARGE.subarray(start, end + 1)));
    expect(await (await guest.send('/sync?name=large')).text()).toMatch(
      /^the value has 20971520 bytes, and consume-sync gives 8388608 .*use consume-async/,
    );
  });

  test('nothing is granted by default', async () => {
    await using guest = await answer(way, 'blob-store');
    const message = 'access denied: no blob store is granted (--blobstore)\n';
    for (const path of ['/list', '/exists', '/remove', '/copy']) {
      expect(await (await guest.send(path)).text()).toBe(message);
    }
  });

  test.each(['drop', 'trap'])('a value that ends by a %s before it is finished leaves nothing', async (end) => {
    await using place = await makeBlobPlace('directory');
    const folder = place.spec.slice('dir:'.length);
    await using guest = await answer(way, 'blob-store', { blobStores: { default: place.spec } });
    await (await guest.send('/put?name=a', { method: 'PUT', body: 'old' })).text();
    const reply = await guest.send(`/put?name=a&end=${end}`, { method: 'PUT', body: 'x'.repeat(500_000) });
    expect(await reply.text().catch(() => '')).not.toContain('500000');
    expect(await (await guest.send('/get?name=a')).text()).toBe('old');
    expect(await (await guest.send('/list')).text()).toBe('a\n');
    await until(() => readdirSync(join(folder, '.partial')).length === 0 && openBelow(folder).length === 0);
  });

  test.each(['&ms=60000', ''])('what a request leaves open is closed with it, %s', async (wait) => {
    await using place = await makeBlobPlace('directory');
    const folder = place.spec.slice('dir:'.length);
    await using guest = await answer(way, 'blob-store', { blobStores: { default: place.spec }, timeoutMs: 2000 });
    const replies = Array.from({ length: 3 }, async () => await (await guest.send(`/leave?n=7${wait}`)).text());
    // Seven of each, in three requests.
    if (wait !== '') await until(() => openBelow(join(folder, '.partial')).length === 21);
    await Promise.all(replies);
    await until(() => openBelow(folder).length === 0 && readdirSync(join(folder, '.partial')).length === 0);
    expect(await (await guest.send('/list')).text()).toBe('left\n');
  });
});

test('containers of another store have its name in front of theirs', async () => {
  await using place = await makeBlobPlace('directory');
  await using served = await serveGuest('blob-store', { blobStores: { default: 'memory', disk: place.spec } });
  expect(await put(served, 'container=disk/pictures&name=a', 'on disk')).toBe('7\n');
  expect(readdirSync(join(place.spec.slice('dir:'.length), 'pictures'))).toEqual(['a']);
  expect(await text(served, '/exists?container=pictures')).toBe('false\n');
  expect(await text(served, '/exists?container=other/pictures')).toBe('false\n');
  expect(await put(served, 'container=other/pictures&name=b', 'in memory')).toBe('9\n');
  const move = '/move?container=disk/pictures&name=a&to-container=other/pictures&to=c';
  expect(await text(served, move)).toBe('moved\n');
  expect(await text(served, '/list?container=disk/pictures')).toBe('');
  expect(await text(served, '/list?container=other/pictures')).toBe('b\nc\n');
  const copy = '/copy?container=other/pictures&name=c&to-container=disk/pictures&to=d';
  expect(await text(served, copy)).toBe('copied\n');
  expect(await text(served, '/get?container=disk/pictures&name=d')).toBe('on disk');
  expect(await text(served, '/copy?name=c&container=nowhere&to-container=disk/pictures&to=d')).toBe(
    'no such container\n',
  );
});

test('without a default store only names with the name of a store in front are found', async () => {
  await using served = await serveGuest('blob-store', { blobStores: { only: 'memory' } });
  expect(await text(served, '/create?container=things')).toBe('no such container\n');
  expect(await text(served, '/create?container=only/things')).toBe('created\n');
});

test.each([
  [{ maxObjectBytes: 100_000 }, 'the object may have 100000 bytes (--limit object-bytes)\n'],
  [{ maxOpenBlobs: 0 }, 'too many objects are open (--limit open-blobs)\n'],
  [{ maxTotalOpenBlobs: 0 }, 'too many objects are open (--limit total-open-blobs)\n'],
])('a bound is an error that names it: %j', async (limits, message) => {
  await using served = await serveGuest('blob-store', { blobStores: { default: 'memory' }, limits });
  expect(await put(served, 'name=a', 'x'.repeat(200_000))).toBe(message);
  expect(await text(served, '/has?name=a')).toBe('false\n');
});

test('a name may have so many bytes', async () => {
  await using served = await serveGuest('blob-store', {
    blobStores: { default: 'memory' },
    limits: { maxObjectNameBytes: 3 },
  });
  await text(served, '/create?container=c');
  expect(await put(served, 'container=c&name=%C3%A91', 'x')).toBe('1\n');
  expect(await put(served, 'container=c&name=%C3%A912', 'x')).toBe(
    'the name of the object has 4 bytes, and may have 3 (--limit object-name-bytes)\n',
  );
});

test('a guest that reads slowly has the store wait: nobody holds what it has not read', async () => {
  await using place = await makeBlobPlace('directory');
  await using served = await serveGuest('blob-store', { blobStores: { default: place.spec } });
  for (let index = 0; index < 4; index += 1) await put(served, `name=${index}`, LARGE);
  const replies = await Promise.all([0, 1, 2, 3].map((index) => fetch(`${served.origin}/get?name=${index}`)));
  await until(() => served.host.load.heldBytes > 0);
  // Of 80 MiB: what is read ahead, and what waits for the wire.
  expect(served.host.load.heldBytes).toBeLessThan(8 * MIB);
  for (const reply of replies) expect(digest(await reply.arrayBuffer())).toBe(digest(LARGE));
  await until(() => served.host.load.heldBytes === 0);
});

test('a client that leaves while it reads or sends leaves nothing behind', async () => {
  await using place = await makeBlobPlace('directory');
  const folder = place.spec.slice('dir:'.length);
  await using served = await serveGuest('blob-store', { blobStores: { default: place.spec } });
  await put(served, 'name=large', LARGE);
  const start = leftovers(served.host);
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      if (index % 2 === 0) {
        const abort = new AbortController();
        const reply = await fetch(`${served.origin}/get?name=large`, { signal: abort.signal });
        await reply.body?.getReader().read();
        abort.abort();
        return;
      }
      const sent = request(`${served.origin}/put?name=half`, { method: 'PUT' }).on('error', () => undefined);
      sent.write(new Uint8Array(500_000));
      await until(() => openBelow(join(folder, '.partial')).length > 0);
      sent.destroy();
    }),
  );
  await untilNothingIsLeft(served.host, start);
  await until(() => openBelow(folder).length === 0 && readdirSync(join(folder, '.partial')).length === 0);
  await until(() => served.host.load.heldBytes === 0);
  expect(await text(served, '/list')).toBe('large\n');
  expect(statSync(join(folder, 'things', 'large')).size).toBe(LARGE.byteLength);
});

describe('a server of S3', () => {
  test('that ends and comes back: errors meanwhile, then all is well', async () => {
    await using s3 = await startS3();
    await using served = await serveGuest('blob-store', { blobStores: { default: s3.spec() } });
    expect(await put(served, 'name=a', 'before')).toBe('6\n');
    await s3.kill();
    expect(await text(served, '/get?name=a')).toBe('the store cannot be reached\n');
    expect(await put(served, 'name=a', 'meanwhile')).toBe('the store cannot be reached\n');
    expect(noticesOf(served).join('\n')).toMatch(/a blob store failed: the store cannot be reached: .*ECONNREFUSED/);
    await s3.restart();
    expect(await text(served, '/get?name=a')).toBe('before');
    expect(await put(served, 'name=a', 'after')).toBe('5\n');
    expect(await text(served, '/get?name=a')).toBe('after');
  });

  test('that ends while an object is read: the rest comes from the one that comes back', async () => {
    await using s3 = await startS3();
    await using served = await serveGuest('blob-store', { blobStores: { default: s3.spec() } });
    await put(served, 'name=large', LARGE);
    const reply = await fetch(`${served.origin}/get?name=large`);
    await s3.kill();
    const restarted = s3.restart();
    // Before it accepts, it is asked for again, so often.
    const [bytes] = await Promise.all([reply.arrayBuffer().catch(() => undefined), restarted]);
    if (bytes !== undefined) expect(digest(bytes)).toBe(digest(LARGE));
    const again = await fetch(`${served.origin}/get?name=large`);
    expect(digest(await again.arrayBuffer())).toBe(digest(LARGE));
  });

  test('from which clients leave in the middle: nothing is left, and nothing is told of it', async () => {
    await using s3 = await startS3();
    await using served = await serveGuest('blob-store', { blobStores: { default: s3.spec() } });
    await put(served, 'name=large', LARGE);
    const start = leftovers(served.host);
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const abort = new AbortController();
        const reply = await fetch(`${served.origin}/get?name=large`, { signal: abort.signal });
        await reply.body?.getReader().read();
        abort.abort();
      }),
    );
    await untilNothingIsLeft(served.host, start);
    await until(() => served.host.load.heldBytes === 0);
    expect(await text(served, '/has?name=large')).toBe('true\n');
    expect(noticesOf(served)).toEqual([]);
  });

  test('that ends while an object is written in parts: an error, and the old object stays whole', async () => {
    await using s3 = await startS3();
    await using served = await serveGuest('blob-store', { blobStores: { default: s3.spec() } });
    await put(served, 'name=a', 'old');
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const sent = request(`${served.origin}/put?name=a`, { method: 'PUT' }, (reply) => {
      let said = '';
      reply.on('data', (bytes) => (said += String(bytes))).on('end', () => resolve(said));
    });
    sent.on('error', reject);
    // More than one part, which the server has taken when all but what waits is written.
    await new Promise((written) => sent.write(LARGE, written));
    await s3.kill();
    sent.end(LARGE);
    expect(await promise).toBe('the store cannot be reached\n');
    await s3.restart();
    expect(await text(served, '/get?name=a')).toBe('old');
    expect(await text(served, '/list')).toBe('a\n');
    await until(() => served.host.load.heldBytes === 0);
  });

  test('that does not answer: the deadline of the request counts, and nothing is left', async () => {
    await using s3 = await startS3();
    await using served = await serveGuest('blob-store', { blobStores: { default: s3.spec() }, timeoutMs: 500 });
    await put(served, 'name=a', 'x');
    const start = leftovers(served.host);
    s3.pause();
    const stuck = await Promise.all(Array.from({ length: 5 }, () => fetch(`${served.origin}/get?name=a`)));
    expect(stuck.map(({ status }) => status)).toEqual([504, 504, 504, 504, 504]);
    s3.resume();
    await untilNothingIsLeft(served.host, start);
    expect(await text(served, '/get?name=a')).toBe('x');
  });

  test('that keeps silent for longer than its own limit is an error, after some attempts', async () => {
    await using s3 = await startS3();
    await using served = await serveGuest('blob-store', { blobStores: { default: s3.spec('&timeout=100ms') } });
    await put(served, 'name=a', 'x');
    s3.pause();
    expect(await text(served, '/get?name=a')).toBe('the store cannot be reached\n');
    expect(noticesOf(served).join('\n')).toMatch(/the server has not answered for 100 ms/);
    s3.resume();
    await until(async () => (await text(served, '/get?name=a')) === 'x');
  });

  test('refuses another key, and the guest does not learn which', async () => {
    await using s3 = await startS3();
    process.env['AWS_ACCESS_KEY_ID'] = 'another';
    await using served = await serveGuest('blob-store', { blobStores: { default: s3.spec() } });
    Object.assign(process.env, S3_CREDENTIALS);
    expect(await text(served, '/exists')).toBe('the store refused\n');
    expect(noticesOf(served).join('\n')).toMatch(/the store refused: 403/);
  });
});
