import type { IoError } from '../../io/io-error.ts';
import { err, ok } from '../../util/result.ts';
import { Charge } from '../../util/held-bytes.ts';
import { InputStream } from '../io/input-stream.ts';
import { OutputStream } from '../io/output-stream.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { fstatNow, toAsk } from './open-now.ts';
import { assertOffset, toPosition } from './assert-offset.ts';
import { atFuncs } from './at-funcs.ts';
import { defineFilesystem } from './define-filesystem.ts';
import { Descriptor } from './descriptor.ts';
import { type NewTimestamp, hashMetadata, toDescriptorStat, toNodeTime } from './descriptor-stat.ts';
import { type DirectoryEntry, DirectoryEntryStream } from './directory-entry-stream.ts';
import { type FileErrorCode, FileError, toFileErrorCode } from './file-error.ts';
import { FileSink } from './file-sink.ts';
import { FileSource } from './file-source.ts';
import type { FilesystemGrants } from './grants.ts';
import { type FileResult, guestWaits, nowOrWaits } from './guest-waits.ts';
import type { OpenFile } from './open-file.ts';
import type { OpenFiles } from './open-files.ts';
import { O_CALM, O_DIRECTORY, fdatasync, fstat, fsync, ftruncate, futimes, lutimes, read } from './system-calls.ts';
import { FILE_PARAMS } from './file-params.ts';
import { type WriteStart, writeWhole } from './write-whole.ts';

type Ctx = WasiCtx<FilesystemGrants>;

const streamFuncs = {
  '[method]descriptor.read-via-stream': (ctx: Ctx, self: Descriptor, offset: bigint) =>
    returned(() => {
      const source = new FileSource(ctx, fileOf(self, 'read'), offset);
      return new InputStream(source, undefined, source);
    }),
  '[method]descriptor.write-via-stream': (ctx: Ctx, self: Descriptor, offset: bigint) => writeStream(ctx, self, offset),
  '[method]descriptor.append-via-stream': (ctx: Ctx, self: Descriptor) => writeStream(ctx, self, 'end'),
};

const fileFuncs = {
  /** Node cannot give the kernel advice, which need not be heard. */
  '[method]descriptor.advise': (_ctx: Ctx, self: Descriptor, offset: bigint, length: bigint) =>
    returned(() => {
      assertOffset(offset);
      assertOffset(length);
      void self.regularFile;
      return undefined;
    }),
  '[method]descriptor.get-flags': (_ctx: Ctx, self: Descriptor) => ok(self.flags),
  '[method]descriptor.get-type': (_ctx: Ctx, self: Descriptor) => ok(self.file.identity.type),
  '[method]descriptor.sync': (ctx: Ctx, self: Descriptor) => guestWaits(ctx, (files) => sync(files, self, fsync)),
  '[method]descriptor.sync-data': (ctx: Ctx, self: Descriptor) =>
    guestWaits(ctx, (files) => sync(files, self, fdatasync)),
  '[method]descriptor.set-size': (ctx: Ctx, self: Descriptor, size: bigint) =>
    guestWaits(ctx, (files) => setSize(files, self, size)),
  '[method]descriptor.set-times': (ctx: Ctx, self: Descriptor, access: NewTimestamp, modification: NewTimestamp) =>
    guestWaits(ctx, () => setTimes(self, access, modification)),
  '[method]descriptor.read': (ctx: Ctx, self: Descriptor, length: bigint, offset: bigint) =>
    nowOrWaits(
      ctx,
      (files) => readNow(ctx, files, self, [length, offset]),
      () => readAt(ctx, self, length, offset),
    ),
  '[method]descriptor.write': (ctx: Ctx, self: Descriptor, bytes: Uint8Array, offset: bigint) =>
    writing(ctx, self, bytes, offset),
  '[method]descriptor.stat': (ctx: Ctx, { file }: Descriptor) =>
    nowOrWaits(
      ctx,
      (files) => {
        const stats = fstatNow(files, file);
        return stats === undefined ? undefined : toDescriptorStat(stats);
      },
      async () => toDescriptorStat(await file.use(fstat)),
    ),
  '[method]descriptor.is-same-object': (_ctx: Ctx, { file: { identity } }: Descriptor, { file }: Descriptor) =>
    identity.dev === file.identity.dev && identity.ino === file.identity.ino,
  '[method]descriptor.metadata-hash': (_ctx: Ctx, { file }: Descriptor) => ok(hashMetadata(file.identity)),
};

const directoryFuncs = {
  '[method]descriptor.read-directory': (ctx: Ctx, self: Descriptor) =>
    guestWaits(ctx, async (files) => DirectoryEntryStream.open(ctx, files, self.directory)),
  '[method]directory-entry-stream.read-directory-entry': (
    ctx: Ctx,
    self: DirectoryEntryStream,
  ): FileResult<DirectoryEntry | undefined> | Promise<FileResult<DirectoryEntry | undefined>> =>
    self.isFilled
      ? returned(() => self.take())
      : guestWaits(ctx, async () => {
          await self.fill();
          return self.take();
        }),
};

/** `wasi:filesystem/types`. Source: wasi-filesystem `types.wit`; error codes and what they depend on as in wasmtime. */
export const filesystemTypes = defineFilesystem('types', {
  resources: { descriptor: Descriptor, 'directory-entry-stream': DirectoryEntryStream },
  mayWait: [
    '[method]descriptor.sync',
    '[method]descriptor.sync-data',
    '[method]descriptor.set-size',
    '[method]descriptor.set-times',
    '[method]descriptor.read',
    '[method]descriptor.write',
    '[method]descriptor.stat',
    '[method]descriptor.read-directory',
    '[method]directory-entry-stream.read-directory-entry',
    '[method]descriptor.create-directory-at',
    '[method]descriptor.stat-at',
    '[method]descriptor.set-times-at',
    '[method]descriptor.link-at',
    '[method]descriptor.open-at',
    '[method]descriptor.readlink-at',
    '[method]descriptor.remove-directory-at',
    '[method]descriptor.rename-at',
    '[method]descriptor.symlink-at',
    '[method]descriptor.unlink-file-at',
    '[method]descriptor.metadata-hash-at',
  ],
  params: FILE_PARAMS,
  funcs: {
    ...streamFuncs,
    ...fileFuncs,
    ...directoryFuncs,
    ...atFuncs,
    'filesystem-error-code': (_ctx: Ctx, { cause }: IoError): FileErrorCode | undefined =>
      cause instanceof FileError ? cause.code : undefined,
  },
});

/** What `work` gives, or the code of what it throws. */
function returned<T>(work: () => T): FileResult<T> {
  try {
    return ok(work());
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return err(toFileErrorCode(error));
  }
}

/** The file, if it was opened for this. */
function fileOf(self: Descriptor, purpose: 'read' | 'write'): OpenFile {
  const { file, mode } = self;
  if (file.isDirectory) throw new FileError('is-directory');
  if (purpose === 'write') self.assertWritable();
  if (!mode[purpose]) throw new FileError('bad-descriptor');
  return file;
}

function writeStream(ctx: Ctx, self: Descriptor, start: WriteStart): FileResult<OutputStream> {
  return returned(() => {
    const sink = new FileSink(ctx, fileOf(self, 'write'), start);
    return new OutputStream(sink, undefined, sink);
  });
}

/** As `readAt`, of what is at hand. */
function readNow(
  { limits }: Ctx,
  files: OpenFiles,
  { file, mode }: Descriptor,
  [length, offset]: readonly [bigint, bigint],
): readonly [Uint8Array, boolean] | undefined {
  if (file.isDirectory || !mode.read || length === 0n || offset > MAX_NOW) return undefined;
  const size = length < limits.maxReadBytes ? Number(length) : limits.maxReadBytes;
  const bytes = toAsk(files, file)?.read(file.fd, size, offset);
  return bytes === undefined ? undefined : [bytes, bytes.byteLength === 0];
}

/** Offsets beyond are checked. */
const MAX_NOW = 2n ** 62n;

async function readAt(
  { limits }: Ctx,
  self: Descriptor,
  length: bigint,
  offset: bigint,
): Promise<readonly [Uint8Array, boolean]> {
  const file = self.regularFile;
  const size = length < limits.maxReadBytes ? Number(length) : limits.maxReadBytes;
  assertOffset(offset, size);
  const buffer = new Uint8Array(size);
  const { bytesRead } = await file.use((fd) => read(fd, buffer, 0, size, offset));
  return [buffer.subarray(0, bytesRead), bytesRead === 0];
}

/** What is written counts as held until it is, however long it waits for the file system. */
function writing(ctx: Ctx, self: Descriptor, bytes: Uint8Array, offset: bigint): Promise<FileResult<bigint>> {
  const charge = new Charge(ctx.held);
  charge.resize(bytes.byteLength);
  const written = guestWaits(ctx, (files) => writeAt(files, self, bytes, offset));
  return written.finally(() => charge[Symbol.dispose]());
}

async function writeAt(files: OpenFiles, self: Descriptor, bytes: Uint8Array, offset: bigint): Promise<bigint> {
  const file = self.regularFile;
  self.assertWritable();
  assertOffset(offset, bytes.byteLength);
  files.takeWritten(bytes.byteLength);
  await file.use((fd) => writeWhole(fd, bytes, offset));
  files.wrote(file);
  return BigInt(bytes.byteLength);
}

async function setSize(files: OpenFiles, self: Descriptor, size: bigint): Promise<undefined> {
  const file = self.regularFile;
  self.assertWritable();
  assertOffset(size);
  const { size: before } = await file.use(fstat);
  if (size > before) files.takeWritten(size - before);
  await file.use((fd) => ftruncate(fd, toPosition(size)));
  files.wrote(file);
  return undefined;
}

async function setTimes(self: Descriptor, access: NewTimestamp, modification: NewTimestamp): Promise<undefined> {
  self.assertWritable();
  const { file } = self;
  const times = [toNodeTime(access), toNodeTime(modification)] as const;
  // A descriptor that only stands for a place has no times of its own: its path does, and `.` is not a link.
  if (file.isDirectory) await file.use(() => lutimes(`${file.path}/.`, ...times));
  else await file.use((fd) => futimes(fd, ...times));
  return undefined;
}

/** A descriptor that only stands for a directory cannot be synchronised: it is opened. */
async function sync(files: OpenFiles, { file }: Descriptor, how: (fd: number) => Promise<void>): Promise<undefined> {
  const opened = file.isDirectory ? await file.use(() => files.open(file.path, O_DIRECTORY | O_CALM)) : file.hold();
  try {
    await opened.use(how);
  } finally {
    opened.release();
  }
  return undefined;
}
