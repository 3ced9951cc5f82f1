import { BlobError } from '../../state/blobstore/blob-store.ts';
import { Charge } from '../../util/held-bytes.ts';
import { toLimitName } from '../../util/limits.ts';
import { type Result, err, ok } from '../../util/result.ts';
import { toError } from '../../util/to-error.ts';
import { Trap } from '../../util/trap.ts';
import { settle } from '../settle.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import type { BlobGrants } from './grants.ts';
import { OpenBlobs } from './open-blobs.ts';

export type BlobCtx = WasiCtx<BlobGrants>;

/** What a function of `wasi:blobstore` returns. */
export type BlobResult<T> = Result<T, string>;

/** What an operation under way takes beside names and bytes. */
const OPERATION_HELD_BYTES = 1024;

/** Has the guest wait for `work`. If the request ends first, the answer is nobody's, and `signal` is told. */
export async function askBlobs<T>(
  ctx: BlobCtx,
  work: (blobs: OpenBlobs, signal: AbortSignal) => Promise<T>,
): Promise<BlobResult<T>> {
  ctx.cancellation.throwIfCancelled();
  using charge = new Charge(ctx.held);
  charge.resize(OPERATION_HELD_BYTES);
  const abort = new AbortController();
  const blobs = ctx.state(OpenBlobs);
  const answer = work(blobs, abort.signal).then(ok<T>, (error: unknown) =>
    // Whatever becomes of it then, nobody wants to know.
    err(abort.signal.aborted ? 'the request is over' : describeFailure(ctx, error)),
  );
  return await settle(ctx, answer, abort);
}

/** What was thrown, in words for the guest. Guests do not learn where a store is; operators do. Throws what is no failure of a store. */
export function describeFailure(ctx: BlobCtx, thrown: unknown): string {
  if (thrown instanceof Trap) throw thrown;
  const error = toError(thrown);
  const message = error instanceof BlobError ? error.message : 'the store failed';
  const cause = error instanceof BlobError ? error.cause : error;
  if (cause !== undefined) ctx.grants.tell?.(`a blob store failed: ${message}: ${toError(cause).message}`);
  return message;
}

/** Throws `BlobError` if a name is too long. */
export function checkName({ limits }: BlobCtx, what: 'object' | 'container', name: string): void {
  const [bytes, max] = [Buffer.byteLength(name), limits.maxObjectNameBytes];
  if (bytes <= max) return;
  const limit = toLimitName('maxObjectNameBytes');
  throw new BlobError(`the name of the ${what} has ${bytes} bytes, and may have ${max} (--limit ${limit})`);
}
