import { type Result, err, ok } from '../../util/result.ts';
import { type NamedStores, namedStoresKind } from './named-stores.ts';
import type { OptionKind } from './option-kind.ts';
import { parseDuration } from './duration.ts';

/** Where the containers of a store are. */
export type BlobStoreSpec =
  | { readonly at: 'memory' }
  | { readonly at: 'directory'; readonly path: string }
  | { readonly at: 's3'; readonly s3: S3Place };

/** A bucket of a server that speaks S3's API. */
export interface S3Place {
  readonly bucket: string;
  /** `https://s3.eu-west-1.amazonaws.com`; without one, Amazon's own for the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** What all keys begin with. */
  readonly prefix: string;
  /** How long the server may keep silent. */
  readonly timeoutMs: number;
}

const FORMS = 'memory, dir:PATH or s3://BUCKET?endpoint=URL&region=REGION';
const DEFAULT_TIMEOUT_MS = 10_000;
const PARAMETERS: readonly string[] = ['endpoint', 'region', 'prefix', 'timeout'];
/** Source: Amazon S3, "General purpose bucket naming rules"; older buckets have capital letters and underscores. */
const BUCKET = /^[\w][\w.-]{1,61}[\w]$/;

/** Stores for objects by their names. */
export function blobStoresKind(): OptionKind<NamedStores> {
  return namedStoresKind({ name: 'blob stores', forms: FORMS, check: checkStore });
}

/** Guests name a container of a store `NAME/CONTAINER`. */
function checkStore(name: string, store: string): string | undefined {
  if (name.includes('/')) return "a store's name has no slash";
  const spec = parseBlobStoreSpec(store);
  return spec.tag === 'err' ? spec.val : undefined;
}

/** What the text of a store says, or what to write. */
export function parseBlobStoreSpec(text: string): Result<BlobStoreSpec, string> {
  if (text === 'memory') return ok({ at: 'memory' });
  if (text.startsWith('dir:')) {
    const path = text.slice('dir:'.length);
    return path === '' ? err('name a directory after dir:') : ok({ at: 'directory', path });
  }
  const parts = /^s3:\/\/(?<bucket>[^/?#]*)\/?(?:\?(?<query>.*))?$/.exec(text)?.groups;
  return parts === undefined ? err(`write ${FORMS}`) : parseS3(parts['bucket'] ?? '', parts['query'] ?? '');
}

function parseS3(bucket: string, query: string): Result<BlobStoreSpec, string> {
  if (!BUCKET.test(bucket)) return err(`'${bucket}' cannot be a bucket's name: write ${FORMS}`);
  const given = new URLSearchParams(query);
  const other = [...given.keys()].find((name) => !PARAMETERS.includes(name));
  if (other !== undefined) return err(`an s3 URL takes ?${PARAMETERS.join('=, ')}=, not ${other}`);
  const endpoint = given.get('endpoint') ?? undefined;
  if (endpoint !== undefined && !isOrigin(endpoint)) return err('endpoint is http://HOST:PORT or https://HOST:PORT');
  const timeout = given.get('timeout');
  const timeoutMs = timeout === null ? ok(DEFAULT_TIMEOUT_MS) : parseDuration(timeout);
  if (timeoutMs.tag === 'err') return err(`timeout: ${timeoutMs.val}`);
  if (timeoutMs.val === 0) return err('timeout: at least 1ms');
  const region = given.get('region') ?? 'us-east-1';
  if (!/^[\w-]+$/.test(region)) return err(`'${region}' cannot be a region`);
  return ok({
    at: 's3',
    s3: { bucket, endpoint, region, prefix: given.get('prefix') ?? '', timeoutMs: timeoutMs.val },
  });
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.username === ''
  );
}
