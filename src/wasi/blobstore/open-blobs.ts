import { BlobError } from '../../state/blobstore/blob-store.ts';
import { warnOfBug } from '../../util/bug.ts';
import { toLimitName } from '../../util/limits.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import type { BlobGrants, GrantedBlobs } from './grants.ts';

/** Something that is open in a store, until it is disposed. */
export interface OpenBlob<T> extends Disposable {
  readonly value: T;
}

/** What one request has open in stores. Closed with the request. */
export class OpenBlobs implements Disposable {
  readonly #ctx: WasiCtx<BlobGrants>;
  readonly #open = new Set<Disposable>();
  #count = 0;
  #isOver = false;

  constructor(ctx: WasiCtx<BlobGrants>) {
    this.#ctx = ctx;
  }

  /** The stores of the component. Throws `BlobError` if it has none. */
  get granted(): GrantedBlobs {
    const { blobs } = this.#ctx.grants;
    if (blobs === undefined || blobs.isEmpty)
      throw new BlobError('access denied: no blob store is granted (--blobstore)');
    return blobs;
  }

  /** Opens something. If the request is over by then, it is closed immediately. Rejects with `BlobError` beyond the limits. */
  async open<T extends AsyncDisposable>(make: () => Promise<T>): Promise<OpenBlob<T>> {
    const giveBack = this.#takePlace();
    const value = await make().catch((error: unknown) => {
      giveBack();
      throw error;
    });
    const opened = this.#keep(value, giveBack);
    if (!this.#isOver) return opened;
    opened[Symbol.dispose]();
    throw new BlobError('the request is over');
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const opened of this.#open) opened[Symbol.dispose]();
  }

  #keep<T extends AsyncDisposable>(value: T, giveBack: () => void): OpenBlob<T> {
    const opened = {
      value,
      [Symbol.dispose]: () => {
        if (this.#open.delete(opened)) void close(value).finally(giveBack);
      },
    };
    this.#open.add(opened);
    return opened;
  }

  #takePlace(): () => void {
    const { granted } = this;
    const { maxOpenBlobs } = this.#ctx.limits;
    if (this.#count >= maxOpenBlobs) throw tooManyOpen('maxOpenBlobs');
    if (!granted.tryTakePlace()) throw tooManyOpen('maxTotalOpenBlobs');
    this.#count += 1;
    return () => {
      this.#count -= 1;
      granted.giveBackPlace();
    };
  }
}

/** Nobody can be told of an error by now. */
async function close(value: AsyncDisposable): Promise<void> {
  try {
    await value[Symbol.asyncDispose]();
  } catch (error) {
    warnOfBug(error);
  }
}

function tooManyOpen(limit: 'maxOpenBlobs' | 'maxTotalOpenBlobs'): BlobError {
  return new BlobError(`too many objects are open (--limit ${toLimitName(limit)})`);
}
