import { parseBlobStoreSpec } from '../../config/kinds/blob-stores.ts';
import type { ComponentConfig } from '../../config/options.ts';
import { HostError } from '../../util/host-error.ts';
import type { BlobStore } from './blob-store.ts';
import { DirectoryBlobStore } from './directory/directory-blob-store.ts';
import { MemoryBlobStore } from './memory-blob-store.ts';
import { S3BlobStore } from './s3/s3-blob-store.ts';
import type { S3Credentials } from './s3/s3-connection.ts';

/** The stores for objects of a component by their names. Whoever opens them closes them. */
export interface OpenBlobStores extends AsyncDisposable {
  readonly byName: ReadonlyMap<string, BlobStore>;
}

type BlobStoreConfig = Pick<ComponentConfig, 'blobStores' | 'limits'>;

/** Opens what the options name; connections when they are first used. Throws `HostError` if that is impossible from the start. */
export function openBlobStores(config: BlobStoreConfig, env: NodeJS.ProcessEnv = process.env): OpenBlobStores {
  const entries = Object.entries(config.blobStores).map(
    ([name, text]) => [name, open(name, text, { config, env })] as const,
  );
  const byName = new Map(entries);
  return {
    byName,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Array.from(byName.values(), (store) => store[Symbol.asyncDispose]()));
    },
  };
}

function open(
  name: string,
  text: string,
  { config, env }: { readonly config: BlobStoreConfig; readonly env: NodeJS.ProcessEnv },
): BlobStore {
  const spec = parseBlobStoreSpec(text);
  if (spec.tag === 'err') throw new HostError('bad-argument', `invalid blob store ${name}: ${spec.val}`);
  if (spec.val.at === 'memory') return new MemoryBlobStore(config.limits.maxMemoryStoreBytes);
  if (spec.val.at === 'directory') return new DirectoryBlobStore(spec.val.path);
  return new S3BlobStore(spec.val.s3, readCredentials(name, env));
}

function readCredentials(name: string, env: NodeJS.ProcessEnv): S3Credentials {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw new HostError(
      'bad-config',
      `the blob store ${name} needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment`,
    );
  }
  return { accessKeyId, secretAccessKey, sessionToken };
}
