import { BlobError, noContainer, noObject } from '../../state/blobstore/blob-store.ts';
import { type Result, ok } from '../../util/result.ts';
import * as t from '../param-types.ts';
import { type BlobCtx, type BlobResult, askBlobs, checkName } from './ask-blobs.ts';
import { defineBlobstore } from './define-blobstore.ts';
import type { ContainerPlace } from './grants.ts';
import { IncomingValue } from './incoming-value.ts';
import { ObjectNames } from './object-names.ts';
import { OutgoingValue } from './outgoing-value.ts';

/** `container` of `wasi:blobstore/container`: where it is, by the name that the guest knows. */
export class Container {
  readonly name: string;
  readonly place: ContainerPlace;

  constructor(name: string, place: ContainerPlace) {
    this.name = name;
    this.place = place;
  }
}

interface ContainerMetadata {
  readonly name: string;
  readonly createdAt: bigint;
}

interface ObjectMetadata extends ContainerMetadata {
  readonly container: string;
  readonly size: bigint;
}

const objectFuncs = {
  '[method]container.get-data': (
    ctx: BlobCtx,
    { place }: Container,
    name: string,
    ...[start, end]: readonly [bigint, bigint]
  ): Promise<BlobResult<IncomingValue>> =>
    askBlobs(ctx, async (blobs, signal) => {
      checkName(ctx, 'object', name);
      if (start > end) throw new BlobError('the range ends before it begins');
      const { store, container } = place;
      const opened = await blobs.open(() => store.read({ container, name }, { start, end }, signal));
      return new IncomingValue(ctx, opened);
    }),

  '[method]container.write-data': (
    ctx: BlobCtx,
    { place }: Container,
    name: string,
    data: OutgoingValue,
  ): Promise<BlobResult<undefined>> =>
    askBlobs(ctx, async (blobs, signal) => {
      checkName(ctx, 'object', name);
      const { store, container } = place;
      await data.giveTo(() => blobs.open(() => store.write({ container, name }, signal)));
      return undefined;
    }),

  '[method]container.has-object': (ctx: BlobCtx, { place }: Container, name: string): Promise<BlobResult<boolean>> =>
    askBlobs(ctx, async (_blobs, signal) => {
      checkName(ctx, 'object', name);
      const { store, container } = place;
      return (await store.info({ container, name }, signal)) !== undefined;
    }),

  '[method]container.object-info': (
    ctx: BlobCtx,
    { name: containerName, place }: Container,
    name: string,
  ): Promise<BlobResult<ObjectMetadata>> =>
    askBlobs(ctx, async (_blobs, signal) => {
      checkName(ctx, 'object', name);
      const { store, container } = place;
      const info = await store.info({ container, name }, signal);
      if (info === undefined) throw noObject();
      const { createdAt, byteLength } = info;
      return { name, container: containerName, createdAt: BigInt(createdAt), size: BigInt(byteLength) };
    }),

  '[method]container.delete-object': (ctx: BlobCtx, self: Container, name: string): Promise<BlobResult<undefined>> =>
    deleteObjects(ctx, self, [name]),

  '[method]container.delete-objects': (
    ctx: BlobCtx,
    self: Container,
    names: readonly string[],
  ): Promise<BlobResult<undefined>> => deleteObjects(ctx, self, names),
};

/** `wasi:blobstore/container`. Source: `container.wit`. */
export const container = defineBlobstore('container', {
  resources: { container: Container, 'stream-object-names': ObjectNames },
  mayWait: [
    '[method]container.info',
    '[method]container.get-data',
    '[method]container.write-data',
    '[method]container.list-objects',
    '[method]container.delete-object',
    '[method]container.delete-objects',
    '[method]container.has-object',
    '[method]container.object-info',
    '[method]container.clear',
    '[method]stream-object-names.read-stream-object-names',
    '[method]stream-object-names.skip-stream-object-names',
  ],
  params: {
    '[method]container.get-data': [t.string, t.u64, t.u64],
    '[method]container.write-data': [t.string, t.borrow('outgoing-value', OutgoingValue)],
    '[method]container.delete-object': [t.string],
    '[method]container.delete-objects': [t.list(t.string)],
    '[method]container.has-object': [t.string],
    '[method]container.object-info': [t.string],
    '[method]stream-object-names.read-stream-object-names': [t.u64],
    '[method]stream-object-names.skip-stream-object-names': [t.u64],
  },
  funcs: {
    ...objectFuncs,

    '[method]container.name': (_ctx: BlobCtx, { name }: Container): Result<string, never> => ok(name),

    '[method]container.info': (ctx: BlobCtx, { name, place }: Container): Promise<BlobResult<ContainerMetadata>> =>
      askBlobs(ctx, async (_blobs, signal) => {
        const info = await place.store.containerInfo(place.container, signal);
        if (info === undefined) throw noContainer();
        return { name, createdAt: BigInt(info.createdAt) };
      }),

    '[method]container.list-objects': (ctx: BlobCtx, { place }: Container): Promise<BlobResult<ObjectNames>> =>
      askBlobs(ctx, async (blobs, signal) => {
        const opened = await blobs.open(() => place.store.list(place.container, signal));
        return new ObjectNames(ctx, opened);
      }),

    '[method]container.clear': (ctx: BlobCtx, { place }: Container): Promise<BlobResult<undefined>> =>
      askBlobs(ctx, async (_blobs, signal) => {
        await place.store.clear(place.container, signal);
        return undefined;
      }),

    '[method]stream-object-names.read-stream-object-names': (
      ctx: BlobCtx,
      self: ObjectNames,
      len: bigint,
    ): Promise<BlobResult<[string[], boolean]>> => askBlobs(ctx, () => self.read(len)),

    '[method]stream-object-names.skip-stream-object-names': (
      ctx: BlobCtx,
      self: ObjectNames,
      count: bigint,
    ): Promise<BlobResult<[bigint, boolean]>> => askBlobs(ctx, () => self.skip(count)),
  },
});

function deleteObjects(ctx: BlobCtx, { place }: Container, names: readonly string[]): Promise<BlobResult<undefined>> {
  return askBlobs(ctx, async (_blobs, signal) => {
    for (const name of names) checkName(ctx, 'object', name);
    await place.store.delete(place.container, names, signal);
    return undefined;
  });
}
