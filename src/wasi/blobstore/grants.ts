import type { BlobStore } from '../../state/blobstore/blob-store.ts';
import { Drained } from '../../util/drained.ts';

/** What a guest is granted of `wasi:blobstore`. Left out: no store. */
export interface BlobGrants {
  readonly blobs?: GrantedBlobs | undefined;
}

/** The stores that `wasi:blobstore` has for a component. */
export interface BlobOptions {
  readonly blobs: GrantedBlobs | undefined;
}

export function grantBlobs({ blobs }: BlobOptions): BlobGrants {
  return { blobs };
}

/** The store whose containers have no other name in front of theirs. */
const DEFAULT_STORE = 'default';

/** A container's store, and its name there. */
export interface ContainerPlace {
  readonly storeName: string;
  readonly store: BlobStore;
  readonly container: string;
}

/** The stores that all guests of a component may use, and what they have open in them. */
export class GrantedBlobs {
  readonly #byName: ReadonlyMap<string, BlobStore>;
  readonly #maxOpen: number;
  readonly #closed = new Drained();
  #open = 0;

  constructor(byName: ReadonlyMap<string, BlobStore>, maxOpen: number) {
    this.#byName = byName;
    this.#maxOpen = maxOpen;
  }

  /** How many objects and lists of names guests have open, with those that are being closed. */
  get openBlobs(): number {
    return this.#open;
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  /** Where a container is: `NAME/CONTAINER` in the store of that name if there is one, all others in the default store. `undefined` if that is not there. */
  find(container: string): ContainerPlace | undefined {
    const [storeName = '', rest] = container.split(/\/(.*)/s);
    const named = rest === undefined ? undefined : this.#byName.get(storeName);
    if (named !== undefined) return { storeName, store: named, container: rest ?? '' };
    const store = this.#byName.get(DEFAULT_STORE);
    return store && { storeName: DEFAULT_STORE, store, container };
  }

  /** Takes one of the places for what is open, if there is one. */
  tryTakePlace(): boolean {
    if (this.#open >= this.#maxOpen) return false;
    this.#open += 1;
    return true;
  }

  giveBackPlace(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#closed.notify();
  }

  /** Resolves when nothing is open. */
  closed(): Promise<void> {
    return this.#open === 0 ? Promise.resolve() : this.#closed.wait();
  }
}
