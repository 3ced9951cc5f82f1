import { type BlobStore, type ObjectPlace, WHOLE } from '../../state/blobstore/blob-store.ts';
import type { OpenBlobs } from './open-blobs.ts';

const PIECE_BYTES = 256 * 1024;

/** An object, and the store that it is in. */
interface StoredPlace extends ObjectPlace {
  readonly store: BlobStore;
}

/** Copies an object from one store to another, piece by piece, unless nobody waits for it any longer. */
export async function copyAcross(
  blobs: OpenBlobs,
  { from, to }: { readonly from: StoredPlace; readonly to: StoredPlace },
  signal: AbortSignal,
): Promise<void> {
  using reader = await blobs.open(() => from.store.read(from, WHOLE, signal));
  using writer = await blobs.open(() => to.store.write(to, signal));
  for (
    let piece = await reader.value.read(PIECE_BYTES);
    piece !== undefined;
    piece = await reader.value.read(PIECE_BYTES)
  ) {
    signal.throwIfAborted();
    await writer.value.write(piece);
  }
  await writer.value.finish();
}
