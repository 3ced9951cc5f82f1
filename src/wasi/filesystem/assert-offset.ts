import { FileError } from './file-error.ts';

/** The largest offset of the system's calls. */
const MAX_OFFSET = 2n ** 63n - 1n;

/** Throws `FileError` if no file has `byteLength` bytes at an offset. */
export function assertOffset(offset: bigint, byteLength = 0): void {
  if (offset + BigInt(byteLength) > MAX_OFFSET) throw new FileError('invalid');
}

/** Node writes at numbers only: up to 8 PiB, more than file systems hold. Throws `FileError` beyond. */
export function toPosition(offset: bigint): number {
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw new FileError('file-too-large');
  return Number(offset);
}
