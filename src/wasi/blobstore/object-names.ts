import type { NameList } from '../../state/blobstore/blob-store.ts';
import { Charge } from '../../util/held-bytes.ts';
import type { BlobCtx } from './ask-blobs.ts';
import type { OpenBlob } from './open-blobs.ts';

/** One call gives no more, which the guest has to have room for. */
const MAX_NAMES = 10_000;
const MAX_CHARACTERS = 1024 * 1024;
/** What a name takes beside its characters. */
const NAME_BYTES = 64;

/** `stream-object-names` of `wasi:blobstore/container`. */
export class ObjectNames implements Disposable {
  readonly #opened: OpenBlob<NameList>;
  readonly #charge: Charge;
  #page: readonly string[] = [];
  #next = 0;
  #isAtEnd = false;

  /** Takes over what is open. */
  constructor(ctx: BlobCtx, opened: OpenBlob<NameList>) {
    this.#opened = opened;
    this.#charge = new Charge(ctx.held);
  }

  /** At most `len` names, and whether there are no more. */
  async read(len: bigint): Promise<[names: string[], isEnd: boolean]> {
    const names: string[] = [];
    let characters = 0;
    while (names.length < len && names.length < MAX_NAMES && characters < MAX_CHARACTERS && (await this.#isFilled())) {
      const name = this.#page[this.#next] as string;
      this.#next += 1;
      characters += name.length;
      names.push(name);
    }
    return [names, !(await this.#isFilled())];
  }

  /** Leaves out at most `count` names. How many these were, and whether there are no more. */
  async skip(count: bigint): Promise<[skipped: bigint, isEnd: boolean]> {
    let skipped = 0n;
    while (skipped < count && (await this.#isFilled())) {
      const left = BigInt(this.#page.length - this.#next);
      const taken = count - skipped < left ? count - skipped : left;
      this.#next += Number(taken);
      skipped += taken;
    }
    return [skipped, !(await this.#isFilled())];
  }

  [Symbol.dispose](): void {
    this.#isAtEnd = true;
    this.#page = [];
    this.#charge[Symbol.dispose]();
    this.#opened[Symbol.dispose]();
  }

  /** Whether there is another name in the page, which is the next one if that is needed. */
  async #isFilled(): Promise<boolean> {
    while (this.#next >= this.#page.length && !this.#isAtEnd) {
      const page = await this.#opened.value.next();
      this.#page = page ?? [];
      this.#next = 0;
      this.#isAtEnd = page === undefined;
      this.#charge.resize(this.#page.reduce((sum, name) => sum + NAME_BYTES + 2 * name.length, 0));
    }
    return this.#next < this.#page.length;
  }
}
