import { noContainer } from '../../state/blobstore/blob-store.ts';
import * as t from '../param-types.ts';
import { type BlobCtx, type BlobResult, askBlobs, checkName } from './ask-blobs.ts';
import { Container } from './container.ts';
import { copyAcross } from './copy-across.ts';
import { defineBlobstore } from './define-blobstore.ts';
import type { ContainerPlace } from './grants.ts';
import type { OpenBlobs } from './open-blobs.ts';

/** `object-id` of `wasi:blobstore/types`. */
interface ObjectId {
  readonly container: string;
  readonly object: string;
}

const OBJECT_ID = t.record({ container: t.string, object: t.string });

/** `wasi:blobstore/blobstore`. Source: `blobstore.wit`. */
export const blobstore = defineBlobstore('blobstore', {
  mayWait: ['create-container', 'get-container', 'delete-container', 'container-exists', 'copy-object', 'move-object'],
  params: {
    'create-container': [t.string],
    'get-container': [t.string],
    'delete-container': [t.string],
    'container-exists': [t.string],
    'copy-object': [OBJECT_ID, OBJECT_ID],
    'move-object': [OBJECT_ID, OBJECT_ID],
  },
  funcs: {
    'create-container': (ctx: BlobCtx, name: string): Promise<BlobResult<Container>> =>
      askBlobs(ctx, async (blobs, signal) => {
        const place = find(ctx, blobs, name);
        await place.store.createContainer(place.container, signal);
        return new Container(name, place);
      }),

    'get-container': (ctx: BlobCtx, name: string): Promise<BlobResult<Container>> =>
      askBlobs(ctx, async (blobs, signal) => {
        const place = find(ctx, blobs, name);
        if ((await place.store.containerInfo(place.container, signal)) === undefined) throw noContainer();
        return new Container(name, place);
      }),

    'delete-container': (ctx: BlobCtx, name: string): Promise<BlobResult<undefined>> =>
      askBlobs(ctx, async (blobs, signal) => {
        const place = find(ctx, blobs, name);
        await place.store.deleteContainer(place.container, signal);
        return undefined;
      }),

    'container-exists': (ctx: BlobCtx, name: string): Promise<BlobResult<boolean>> =>
      askBlobs(ctx, async (blobs, signal) => {
        const place = find(ctx, blobs, name);
        return (await place.store.containerInfo(place.container, signal)) !== undefined;
      }),

    'copy-object': (ctx: BlobCtx, source: ObjectId, target: ObjectId): Promise<BlobResult<undefined>> =>
      askBlobs(ctx, async (blobs, signal) => {
        const [from, to] = [findObject(ctx, blobs, source), findObject(ctx, blobs, target)];
        if (from.store === to.store) await from.store.copy(from, to, signal);
        else await copyAcross(blobs, { from, to }, signal);
        return undefined;
      }),

    'move-object': (ctx: BlobCtx, source: ObjectId, target: ObjectId): Promise<BlobResult<undefined>> =>
      askBlobs(ctx, async (blobs, signal) => {
        const [from, to] = [findObject(ctx, blobs, source), findObject(ctx, blobs, target)];
        if (from.store === to.store) {
          await from.store.move(from, to, signal);
          return undefined;
        }
        await copyAcross(blobs, { from, to }, signal);
        await from.store.delete(from.container, [from.name], signal);
        return undefined;
      }),
  },
});

function find(ctx: BlobCtx, blobs: OpenBlobs, name: string): ContainerPlace {
  checkName(ctx, 'container', name);
  const place = blobs.granted.find(name);
  if (place === undefined) throw noContainer();
  return place;
}

function findObject(
  ctx: BlobCtx,
  blobs: OpenBlobs,
  { container, object }: ObjectId,
): ContainerPlace & { readonly name: string } {
  checkName(ctx, 'object', object);
  return { ...find(ctx, blobs, container), name: object };
}
