import fs from 'node:fs';
import { promisify } from 'node:util';

/** `O_PATH`, which Node does not name: a descriptor that only stands for a place, whose file is not opened. The same on all of Linux' processors. */
export const O_PATH = 0o10_000_000;

/** No call waits for the other end of a pipe, and no terminal becomes that of this process. */
export const { O_DIRECTORY, O_NOFOLLOW } = fs.constants;
export const O_CALM = fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;

/** Calls on plain descriptors, in libuv's pool of threads. They reject with Node's errors, whose `code` is the error number's name. */
export const open: (path: string, flags: number, mode?: number) => Promise<number> = promisify(fs.open);
export const close = promisify(fs.close);
export const read = promisify(fs.read);
export const write = promisify(fs.write);
export const ftruncate = promisify(fs.ftruncate);
export const futimes = promisify(fs.futimes);
export const lutimes = promisify(fs.lutimes);
export const fsync = promisify(fs.fsync);
export const fdatasync = promisify(fs.fdatasync);
export const mkdir: (path: string) => Promise<unknown> = promisify(fs.mkdir);
export const rmdir: (path: string) => Promise<void> = promisify(fs.rmdir);
export const unlink = promisify(fs.unlink);
export const rename = promisify(fs.rename);
export const link = promisify(fs.link);
export const symlink: (target: string, path: string) => Promise<void> = promisify(fs.symlink);

const lstatPlain = promisify(fs.lstat);
const fstatPlain = promisify(fs.fstat);
const readlinkPlain = promisify(fs.readlink);
const opendirPlain = promisify(fs.opendir);

/** With exact numbers: sizes over 8 PiB, and times to the nanosecond. */
export function lstat(path: string): Promise<fs.BigIntStats> {
  return lstatPlain(path, { bigint: true });
}

export function fstat(fd: number): Promise<fs.BigIntStats> {
  return fstatPlain(fd, { bigint: true });
}

/** The bytes of a link's target, which need not be text. */
export function readlink(path: string): Promise<Buffer> {
  return readlinkPlain(path, { encoding: 'buffer' }) as Promise<unknown> as Promise<Buffer>;
}

/** A directory whose names come as bytes, `bufferSize` of them in one call of the system. */
export function opendir(path: string, bufferSize: number): Promise<fs.Dir> {
  return opendirPlain(path, { bufferSize, encoding: 'buffer' as BufferEncoding });
}
