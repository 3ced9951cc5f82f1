import { OK, type Result, err, ok } from '../../util/result.ts';
import { addTo, toValue } from './add-to.ts';
import { type KeyPage, type KeyValuePair, type KeyValueStore, PAGE_KEYS, type StoreError } from './key-value-store.ts';

interface Entry {
  /** Ascending in the order in which keys were added. */
  readonly id: bigint;
  readonly key: string;
  /** `undefined` once the key was deleted. */
  value: Uint8Array | undefined;
}

/** What an entry takes beside its key and value. */
const ENTRY_BYTES = 200;
/** So many deleted entries are not worth a new list. */
const FEW = 64;

/** A store in this process's memory, of at most `maxBytes`. */
export class MemoryStore implements KeyValueStore {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  /** By id, with those that were deleted until they are more than the others. */
  #order: Entry[] = [];
  #lastId = 0n;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  getMany(keys: readonly string[]): Result<(Uint8Array | undefined)[], never> {
    return ok(keys.map((key) => this.#entries.get(key)?.value));
  }

  setMany(pairs: readonly KeyValuePair[]): Result<undefined, StoreError> {
    const values = new Map(pairs);
    let more = 0;
    for (const [key, value] of values) more += bytesOf(key, value) - this.#bytesAt(key);
    if (more > 0 && this.#bytes + more > this.#maxBytes) return err(this.#full());
    for (const [key, value] of values) this.#set(key, value);
    return OK;
  }

  deleteMany(keys: readonly string[]): Result<undefined, never> {
    for (const key of keys) this.#delete(key);
    return OK;
  }

  has(key: string): Result<boolean, never> {
    return ok(this.#entries.has(key));
  }

  list(cursor: bigint): Result<KeyPage, never> {
    const page: Entry[] = [];
    for (let index = this.#indexAfter(cursor); index < this.#order.length; index += 1) {
      const entry = this.#order[index] as Entry;
      if (entry.value === undefined) continue;
      if (page.length === PAGE_KEYS) return ok({ keys: page.map(({ key }) => key), cursor: page.at(-1)?.id });
      page.push(entry);
    }
    return ok({ keys: page.map(({ key }) => key), cursor: undefined });
  }

  increment(key: string, delta: bigint): Result<bigint, StoreError> {
    const sum = addTo(this.#entries.get(key)?.value, delta);
    if (sum.tag === 'err') return sum;
    const set = this.setMany([[key, toValue(sum.val)]]);
    return set.tag === 'err' ? set : sum;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#entries.clear();
    this.#order = [];
    this.#bytes = 0;
  }

  #set(key: string, value: Uint8Array): void {
    this.#bytes += bytesOf(key, value) - this.#bytesAt(key);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.value = value;
      return;
    }
    const entry = { id: (this.#lastId += 1n), key, value };
    this.#entries.set(key, entry);
    this.#order.push(entry);
  }

  #delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#bytes -= this.#bytesAt(key);
    this.#entries.delete(key);
    entry.value = undefined;
    if (this.#order.length > 2 * this.#entries.size + FEW) this.#order = [...this.#entries.values()];
  }

  #bytesAt(key: string): number {
    const value = this.#entries.get(key)?.value;
    return value === undefined ? 0 : bytesOf(key, value);
  }

  /** The first entry whose id is greater. */
  #indexAfter(id: bigint): number {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#order[middle] as Entry).id > id) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #full(): StoreError {
    return { message: `the store is full: it may have ${this.#maxBytes} bytes (--limit memory-store-bytes)` };
  }
}

function bytesOf(key: string, value: Uint8Array): number {
  return ENTRY_BYTES + 2 * key.length + value.byteLength;
}
