import { toPosition } from './assert-offset.ts';
import { FileError } from './file-error.ts';
import { write } from './system-calls.ts';

/** Where a stream writes: from an offset on, or always at the end, wherever that is by then. */
export type WriteStart = bigint | 'end';

/** Writes all bytes, in several calls if one does not take them. */
export async function writeWhole(fd: number, bytes: Uint8Array, start: WriteStart): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const position = start === 'end' ? null : toPosition(start + BigInt(done));
    const { bytesWritten } = await write(fd, bytes, done, bytes.byteLength - done, position);
    if (bytesWritten === 0) throw new FileError('io');
    done += bytesWritten;
  }
}
