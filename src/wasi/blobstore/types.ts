import { type Result, ok } from '../../util/result.ts';
import type { InputStream } from '../io/input-stream.ts';
import type { OutputStream } from '../io/output-stream.ts';
import * as t from '../param-types.ts';
import { type BlobCtx, type BlobResult, askBlobs } from './ask-blobs.ts';
import { defineBlobstore } from './define-blobstore.ts';
import { IncomingValue } from './incoming-value.ts';
import { OutgoingValue } from './outgoing-value.ts';

/** `wasi:blobstore/types`. Source: `types.wit`. */
export const blobstoreTypes = defineBlobstore('types', {
  resources: { 'outgoing-value': OutgoingValue, 'incoming-value': IncomingValue },
  mayWait: ['[static]outgoing-value.finish', '[static]incoming-value.incoming-value-consume-sync'],
  params: {
    '[static]outgoing-value.finish': [t.own('outgoing-value', OutgoingValue)],
    '[static]incoming-value.incoming-value-consume-sync': [t.own('incoming-value', IncomingValue)],
    '[static]incoming-value.incoming-value-consume-async': [t.own('incoming-value', IncomingValue)],
  },
  funcs: {
    '[static]outgoing-value.new-outgoing-value': (ctx: BlobCtx) => new OutgoingValue(ctx),
    '[method]outgoing-value.outgoing-value-write-body': (
      _ctx: BlobCtx,
      self: OutgoingValue,
    ): Result<OutputStream, undefined> => self.writeBody(),
    '[static]outgoing-value.finish': (ctx: BlobCtx, self: OutgoingValue): Promise<BlobResult<undefined>> => {
      self.assertStreamDropped();
      return askBlobs(ctx, async () => {
        await self.finish();
        return undefined;
      });
    },
    '[static]incoming-value.incoming-value-consume-sync': (
      ctx: BlobCtx,
      self: IncomingValue,
    ): Promise<BlobResult<Uint8Array>> => askBlobs(ctx, () => self.readAll()),
    '[static]incoming-value.incoming-value-consume-async': (
      _ctx: BlobCtx,
      self: IncomingValue,
    ): BlobResult<InputStream> => ok(self.toStream()),
    '[method]incoming-value.size': (_ctx: BlobCtx, self: IncomingValue): bigint => BigInt(self.byteLength),
  },
});
