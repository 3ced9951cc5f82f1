import { type BigIntStats, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { type CachedFiles, cachedFiles } from './cached-files.ts';
import { OpenFile, toIdentity, typeOf } from './open-file.ts';
import type { OpenFiles } from './open-files.ts';
import { O_CALM, close } from './system-calls.ts';

/** Names alone: no way back, no slash at the end. Anything else is walked. */
const PLAIN_PATH = /^(?!\.{1,2}(?:\/|$))[^/\0]+(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)*$/;

/** What can be asked about a file without waiting: of one on a local file system. */
export function toAsk(files: OpenFiles, { identity: { dev } }: OpenFile): CachedFiles | undefined {
  return files.granted.isLocal(dev) && files.mayAnswerNow() ? cachedFiles() : undefined;
}

/** The status of an open file; `undefined` if that may take time. */
export function fstatNow(files: OpenFiles, file: OpenFile): BigIntStats | undefined {
  return toAsk(files, file) === undefined ? undefined : fstatSync(file.fd, { bigint: true });
}

/** The status of what is at a path; `undefined` if it has to be walked: it is a link, or is not there, or the kernel would have to read directories. */
export function statNow(files: OpenFiles, directory: OpenFile, path: string): BigIntStats | undefined {
  const fd = findNow(files, directory, path);
  if (fd === undefined) return undefined;
  try {
    const stats = fstatSync(fd, { bigint: true });
    return stats.isSymbolicLink() ? undefined : stats;
  } finally {
    closeSync(fd);
  }
}

/** Opens a file or a directory to read; `undefined` if it has to be walked to. The caller holds it. Throws `FileError` `quota` beyond the limits. */
export function openNow(files: OpenFiles, directory: OpenFile, path: string): OpenFile | undefined {
  const fd = findNow(files, directory, path);
  if (fd === undefined) return undefined;
  const stats = fstatSync(fd, { bigint: true });
  const type = typeOf(stats);
  const opened = type === 'directory' ? fd : type === 'regular-file' ? tryOpen(fd) : undefined;
  if (opened !== fd) closeSync(fd);
  return opened === undefined ? undefined : keep(files, opened, stats);
}

function findNow(files: OpenFiles, directory: OpenFile, path: string): number | undefined {
  return PLAIN_PATH.test(path) ? toAsk(files, directory)?.find(directory.fd, path) : undefined;
}

/** Opens for use what a descriptor stands for. */
function tryOpen(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | O_CALM);
  } catch {
    return undefined;
  }
}

function keep(files: OpenFiles, fd: number, stats: BigIntStats): OpenFile {
  try {
    const giveBack = files.takePlace();
    return new OpenFile(fd, toIdentity(stats), () => closeNow(files, fd, giveBack));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A file without a name goes with its last descriptor, which takes as long as it is large: that is for a thread. */
function closeNow(files: OpenFiles, fd: number, giveBack: () => void): void {
  if (fstatSync(fd).nlink === 0) return files.granted.close(() => close(fd), giveBack);
  closeSync(fd);
  return giveBack();
}
