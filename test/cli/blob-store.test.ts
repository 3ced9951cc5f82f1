import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { S3_CREDENTIALS } from '../harness/s3.ts';
import { makeBlobPlace } from '../state/blob-stores.ts';
import { guestPath, runWasiServe, servingOn } from './wasi-serve.ts';

const GUEST = guestPath('blob-store');
const OBJECT_BYTES = 200_000;

/** An object that says whether it is whole: 64 digits of what follows them. */
function makeObject(seed: string): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(OBJECT_BYTES, `${seed}/`);
  return Buffer.concat([Buffer.from(digestOf(bytes)), bytes]);
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function isWhole(object: Buffer): boolean {
  return object.subarray(0, 64).toString() === digestOf(object.subarray(64));
}

async function put(origin: string, name: string, body: Buffer<ArrayBuffer>): Promise<boolean> {
  const reply = await fetch(`${origin}/put?name=${name}`, { method: 'PUT', body }).catch(() => undefined);
  return (await reply?.text().catch(() => '')) === `${body.byteLength}\n`;
}

async function read(origin: string, name: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(`${origin}/get?name=${name}`)).arrayBuffer());
}

test('every object that was acknowledged is whole after kill -9 in the middle of writes, and no other is there in part', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wasi-serve-kill-'));
  const args = [GUEST, '--blobstore', `default=dir:${folder.path}`];
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    await using serving = await servingOn(args);
    const atStart = acknowledged.length;
    let isKilled = false;
    const keepWriting = async (client: number): Promise<void> => {
      for (let index = 0; !isKilled; index += 1) {
        const name = `${round}-${client}-${index}`;
        // Every other one replaces what the rounds before have written.
        if (!(await put(serving.origin, index % 2 === 0 ? name : `shared-${client}`, makeObject(name)))) return;
        acknowledged.push(index % 2 === 0 ? name : `shared-${client}`);
        if (acknowledged.length > atStart + 25 && !isKilled) {
          isKilled = true;
          serving.kill('SIGKILL');
        }
      }
    };
    await Promise.all(Array.from({ length: 6 }, (_, index) => keepWriting(index)));
    expect(await serving.ended).toBe('SIGKILL');
  }
  await using again = await servingOn(args);
  const names = (await (await fetch(`${again.origin}/list`)).text()).split('\n').filter((name) => name !== '');
  expect(acknowledged.length).toBeGreaterThan(75);
  expect(acknowledged.filter((name) => !names.includes(name))).toEqual([]);
  for (const name of names) {
    expect(isWhole(await read(again.origin, name)), name).toBe(true);
    expect(isWhole(readFileSync(join(folder.path, 'things', name))), name).toBe(true);
  }
}, 60_000);

test.each(['directory', 's3'] as const)(
  'two processes write to one store in a %s: what is read is always whole, and nothing is lost',
  async (kind) => {
    await using place = await makeBlobPlace(kind);
    const args = [GUEST, '--blobstore', `default=${place.spec}`];
    await using one = await servingOn(args, S3_CREDENTIALS);
    await using two = await servingOn(args, S3_CREDENTIALS);
    const torn: string[] = [];
    await Promise.all(
      [one, two].flatMap(({ origin }, process) =>
        Array.from({ length: 4 }, async (_, client) => {
          for (let index = 0; index < 4; index += 1) {
            expect(await put(origin, 'shared', makeObject(`${process}-${client}-${index}`))).toBe(true);
            expect(await put(origin, `own-${process}-${client}-${index}`, makeObject('own'))).toBe(true);
            // The server of S3 that the tests have writes an object anew in its old place.
            if (kind === 's3') continue;
            if (!isWhole(await read((index % 2 === 0 ? one : two).origin, 'shared'))) torn.push(`${client}-${index}`);
          }
        }),
      ),
    );
    expect(torn).toEqual([]);
    const names = (await (await fetch(`${two.origin}/list`)).text()).split('\n');
    expect(names.filter((name) => name.startsWith('own-'))).toHaveLength(32);
    if (kind === 'directory') expect(readdirSync(join(place.spec.slice('dir:'.length), '.partial'))).toEqual([]);
  },
  60_000,
);

describe('the command refuses', () => {
  test.each([
    [['--blobstore', 'memory'], /invalid --blobstore 'memory': write NAME=STORE/],
    [['--blobstore', 'a=gs://x'], /invalid --blobstore .*write memory, dir:PATH or s3:/],
    [['--blobstore', 'a=dir:'], /name a directory after dir:/],
    [['--blobstore', 'a/b=memory'], /a store's name has no slash/],
    [['--blobstore', 'a=s3://x'], /'x' cannot be a bucket's name/],
    [['--blobstore', 'a=s3://bucket?ttl=1'], /an s3 URL takes \?endpoint=, region=, prefix=, timeout=, not ttl/],
    [['--blobstore', 'a=s3://bucket?endpoint=ftp://h'], /endpoint is http:\/\/HOST:PORT/],
    [['--blobstore', 'a=s3://bucket?endpoint=http://h/path'], /endpoint is http:\/\/HOST:PORT/],
    [['--blobstore', 'a=s3://bucket?timeout=soon'], /timeout: write 30s/],
    [['--blobstore', 'a=s3://bucket'], /the blob store a needs credentials: set AWS_ACCESS_KEY_ID/],
    [['--blobstore', 'a=dir:/no/such'], /the directory \/no\/such cannot be used/],
    [['--blobstore', 'a=memory', '--workers', '2'], /--workers 2 with a blob store in memory: .*dir:PATH/],
  ])('%s', async (flags, message) => {
    const { code, stderr } = await runWasiServe([GUEST, ...flags]);
    expect(stderr).toMatch(message);
    expect(code).not.toBe(0);
  });
});
