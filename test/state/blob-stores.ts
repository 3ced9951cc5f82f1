import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startS3 } from '../harness/s3.ts';

/** A store as `--blobstore NAME=` names it, empty at first. Disposing removes it. */
export interface BlobPlace extends AsyncDisposable {
  readonly spec: string;
}

export const BLOB_KINDS = ['memory', 'directory', 's3'] as const;

export async function makeBlobPlace(kind: (typeof BLOB_KINDS)[number]): Promise<BlobPlace> {
  if (kind === 'memory') return { spec: 'memory', [Symbol.asyncDispose]: async () => undefined };
  if (kind === 's3') {
    const s3 = await startS3();
    return { spec: s3.spec('&prefix=test/'), [Symbol.asyncDispose]: () => s3[Symbol.asyncDispose]() };
  }
  const folder = await mkdtempDisposable(join(tmpdir(), 'wasi-serve-blobs-'));
  return { spec: `dir:${folder.path}`, [Symbol.asyncDispose]: () => folder.remove() };
}
