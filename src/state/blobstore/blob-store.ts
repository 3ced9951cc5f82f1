/** Why a store did not do what it was asked to, in words that a guest may read. What only the operator may know, addresses and paths, is in `cause`. */
export class BlobError extends Error {
  override readonly name = 'BlobError';
}

/** An object's container and its name in it. */
export interface ObjectPlace {
  readonly container: string;
  readonly name: string;
}

/** Times are in seconds since 1970, sizes in bytes. */
export interface ObjectInfo {
  readonly createdAt: number;
  readonly byteLength: number;
}

export interface ContainerInfo {
  readonly createdAt: number;
}

/** A part of an object, both ends included. Beyond the end of the object there is nothing. */
export interface ByteRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** The bytes of an object as they were when it was opened. */
export interface BlobReader extends AsyncDisposable {
  /** In all, from the start. */
  readonly byteLength: number;
  /** The next bytes, at least one and at most `maxBytes`, which the caller then owns; `undefined` at the end. One call at a time. */
  read(maxBytes: number): Promise<Uint8Array | undefined>;
}

/** An object that is being written. Disposed before `finish` has ended, it leaves nothing. */
export interface BlobWriter extends AsyncDisposable {
  /** What it keeps in memory. */
  readonly heldBytes: number;
  /** Takes ownership of the array. One call at a time, before `finish`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Puts the object in its place, at once; when this resolves, it is there to stay. */
  finish(): Promise<void>;
}

/** Names of a container's objects: those that are there all the while are each among them once. */
export interface NameList extends AsyncDisposable {
  /** Some further names; `undefined` after the last. */
  next(): Promise<readonly string[] | undefined>;
}

/**
 * Objects by their names, in containers by their names, as all requests, and perhaps other processes, share them.
 *
 * Everything rejects with a `BlobError` for what a guest may know, and with any other error for what only the operator may. Where a container does not
 * exist, that is an error, except that S3 has nothing to delete or to tell of in it. `signal` says that nobody waits for the answer any longer. Names are Unicode text.
 */
export interface BlobStore extends AsyncDisposable {
  /** Rejects if there is one of this name. */
  createContainer(name: string, signal: AbortSignal): Promise<void>;
  containerInfo(name: string, signal: AbortSignal): Promise<ContainerInfo | undefined>;
  /** With all of its objects. Does nothing if there is none. */
  deleteContainer(name: string, signal: AbortSignal): Promise<void>;
  clear(container: string, signal: AbortSignal): Promise<void>;
  list(container: string, signal: AbortSignal): Promise<NameList>;
  /** Rejects if there is no such object. */
  read(place: ObjectPlace, range: ByteRange, signal: AbortSignal): Promise<BlobReader>;
  write(place: ObjectPlace, signal: AbortSignal): Promise<BlobWriter>;
  info(place: ObjectPlace, signal: AbortSignal): Promise<ObjectInfo | undefined>;
  /** Those that are there. */
  delete(container: string, names: readonly string[], signal: AbortSignal): Promise<void>;
  copy(from: ObjectPlace, to: ObjectPlace, signal: AbortSignal): Promise<void>;
  move(from: ObjectPlace, to: ObjectPlace, signal: AbortSignal): Promise<void>;
}

export const noContainer = (): BlobError => new BlobError('no such container');
export const noObject = (): BlobError => new BlobError('no such object');
export const containerExists = (): BlobError => new BlobError('the container exists already');
export const storeIsFull = (cause?: unknown): BlobError => new BlobError('the store is full', { cause });

/** Where a range begins in an object, and how many bytes of it are there. */
export function clip(
  { start, end }: ByteRange,
  byteLength: number,
): { readonly offset: number; readonly length: number } {
  const size = BigInt(byteLength);
  const offset = start < size ? start : size;
  const beyond = end < size ? end + 1n : size;
  return { offset: Number(offset), length: beyond > offset ? Number(beyond - offset) : 0 };
}

/** The whole of any object. */
export const WHOLE: ByteRange = Object.freeze({ start: 0n, end: 2n ** 64n - 1n });
