import { constants } from 'node:fs';
import type { WasiCtx } from '../wasi-ctx.ts';
import { openNow } from './open-now.ts';
import { Descriptor, type DescriptorFlags, type OpenMode } from './descriptor.ts';
import { FileError, hasErrno } from './file-error.ts';
import type { FilesystemGrants } from './grants.ts';
import type { OpenFile } from './open-file.ts';
import { OpenFiles } from './open-files.ts';
import { O_CALM, O_DIRECTORY, O_NOFOLLOW, O_PATH } from './system-calls.ts';
import { Walk } from './walk.ts';

/** Flags as guests give them. */
export type Given<Flags> = { readonly [Name in keyof Flags]: Flags[Name] | undefined };

/** WIT's `path-flags`. */
export interface PathFlags {
  readonly symlinkFollow: boolean;
}

/** WIT's `open-flags`. */
export interface OpenFlags {
  readonly create: boolean;
  readonly directory: boolean;
  readonly exclusive: boolean;
  readonly truncate: boolean;
}

/** How a guest asks for a file. */
export interface OpenAsk {
  readonly pathFlags: Given<PathFlags>;
  readonly path: string;
  readonly openFlags: Given<OpenFlags>;
  readonly flags: Given<DescriptorFlags>;
}

/** A file that others remove and create again and again is looked for so many times. */
const MAX_ATTEMPTS = 16;
/** The mode of new files, before the process's umask. */
const NEW_FILE_MODE = 0o666;

/** As `openAt`, if it takes no time: for what is opened to read, and is there. `undefined` if it has to be waited for, as all that fails. */
export function openAtNow(ctx: WasiCtx<FilesystemGrants>, self: Descriptor, ask: OpenAsk): Descriptor | undefined {
  const { openFlags, flags, path } = ask;
  const mode = toMode(ask);
  const isPlain = !mode.write && openFlags.exclusive !== true && flags.fileIntegritySync !== true;
  const isSync = flags.dataIntegritySync === true || flags.requestedWriteSync === true;
  if (!isPlain || isSync || !self.file.isDirectory) return undefined;
  const file = openNow(ctx.state(OpenFiles), self.file, path);
  if (file === undefined || file.isDirectory || openFlags.directory !== true)
    return file && toDescriptor(ctx, self, { file, ask, mode });
  file.release();
  return undefined;
}

/** `descriptor.open-at`. Throws `FileError`, or the system's error. Neither devices nor pipes are opened, which could hold a thread or do something. */
export async function openAt(ctx: WasiCtx<FilesystemGrants>, self: Descriptor, ask: OpenAsk): Promise<Descriptor> {
  const { directory } = self;
  const mode = toMode(ask);
  assertAllowed(self, ask, mode);
  const files = ctx.state(OpenFiles);
  const file = await openWithin(files, directory, ask, mode);
  return toDescriptor(ctx, self, { file, ask, mode });
}

interface Opened {
  readonly file: OpenFile;
  readonly ask: OpenAsk;
  readonly mode: OpenMode;
}

function toDescriptor(ctx: WasiCtx, { access }: Descriptor, { file, ask, mode }: Opened): Descriptor {
  const mutateDirectory = file.isDirectory && ask.flags.mutateDirectory === true && access === 'read-write';
  return new Descriptor(ctx, file, { access, mode: { ...mode, mutateDirectory } });
}

/** Creating and truncating is writing, and what is not opened for writing is opened for reading, as in wasmtime. */
function toMode({ openFlags: { create, truncate }, flags }: OpenAsk): OpenMode {
  const write = flags.write === true || create === true || truncate === true;
  return { read: flags.read === true || flags.write !== true, write, mutateDirectory: false };
}

function assertAllowed(self: Descriptor, { openFlags, flags }: OpenAsk, mode: OpenMode): void {
  if ([flags.fileIntegritySync, flags.dataIntegritySync, flags.requestedWriteSync].includes(true))
    throw new FileError('unsupported');
  const { create, directory, exclusive, truncate } = openFlags;
  if (directory === true && (create === true || exclusive === true || truncate === true))
    throw new FileError('invalid');
  if (mode.write) self.assertWritable();
}

async function openWithin(files: OpenFiles, directory: OpenFile, ask: OpenAsk, mode: OpenMode): Promise<OpenFile> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    using walk = await walkTo(files, directory, ask.path);
    const place = await findPlace(files, walk, ask);
    const mustBeDirectory = ask.openFlags.directory === true || walk.isDirectoryPath;
    const file =
      place === undefined
        ? await tryCreate(files, walk, ask, mode)
        : await reopen(files, place, { ask, mode, mustBeDirectory });
    if (file !== undefined) return file;
  }
  throw new FileError('busy');
}

/** A walk that has come to where `path` leads, links at its end not followed. The caller disposes it. */
export async function walkTo(files: OpenFiles, directory: OpenFile, path: string): Promise<Walk> {
  const walk = new Walk(files, directory);
  try {
    return await walk.go(path);
  } catch (error) {
    walk[Symbol.dispose]();
    throw error;
  }
}

/** What is at the place, links at its end followed if they may be, as a descriptor that only stands for it; `undefined` if nothing is there. The caller holds it. */
async function findPlace(
  files: OpenFiles,
  walk: Walk,
  { pathFlags, openFlags }: OpenAsk,
): Promise<OpenFile | undefined> {
  for (;;) {
    const file = await openPlace(files, walk);
    if (file?.identity.type !== 'symbolic-link') return file;
    file.release();
    if (isNew(openFlags)) throw new FileError('exist');
    if (pathFlags.symlinkFollow !== true && !walk.isDirectoryPath) throw new FileError('loop');
    await walk.follow();
  }
}

async function openPlace(files: OpenFiles, walk: Walk): Promise<OpenFile | undefined> {
  if (walk.name === '') return walk.directory.hold();
  try {
    return await files.open(walk.path, O_PATH | O_NOFOLLOW);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

interface Reopening {
  readonly ask: OpenAsk;
  readonly mode: OpenMode;
  readonly mustBeDirectory: boolean;
}

/** Opens for use what was found; its path in `/proc` leads to that and nothing else. Takes over the caller's hold. */
async function reopen(files: OpenFiles, place: OpenFile, { ask, mode, mustBeDirectory }: Reopening): Promise<OpenFile> {
  try {
    const { openFlags } = ask;
    const { type } = place.identity;
    if (isNew(openFlags)) throw new FileError('exist');
    if (type === 'directory') {
      if (mode.write) throw new FileError('is-directory');
      return place.identity.ino === 0n ? await files.open(place.path, O_PATH | O_DIRECTORY) : place.hold();
    }
    if (mustBeDirectory) throw new FileError('not-directory');
    if (type !== 'regular-file') throw new FileError('not-permitted');
    const truncate = openFlags.truncate === true ? constants.O_TRUNC : 0;
    const identity = openFlags.truncate === true ? { ...place.identity, size: 0n } : place.identity;
    const file = await files.openKnown(place.path, toAccess(mode) | truncate | O_CALM, identity);
    if (openFlags.truncate === true) files.wrote(file);
    return file;
  } finally {
    place.release();
  }
}

/** Creates the file, if that is what the guest asks for; `undefined` if somebody else has created it meanwhile. */
async function tryCreate(files: OpenFiles, walk: Walk, ask: OpenAsk, mode: OpenMode): Promise<OpenFile | undefined> {
  if (ask.openFlags.create !== true) throw new FileError('no-entry');
  if (walk.isDirectoryPath) throw new FileError('is-directory');
  files.takeCreated();
  try {
    const flags = toAccess(mode) | constants.O_CREAT | constants.O_EXCL | O_NOFOLLOW | O_CALM;
    return await files.open(walk.path, flags, NEW_FILE_MODE);
  } catch (error) {
    if (hasErrno(error, 'EEXIST') && !isNew(ask.openFlags)) return undefined;
    throw error;
  }
}

/** Whether the file must not be there yet. */
function isNew({ create, exclusive }: Given<OpenFlags>): boolean {
  return create === true && exclusive === true;
}

function toAccess({ read, write }: OpenMode): number {
  if (!write) return constants.O_RDONLY;
  return read ? constants.O_RDWR : constants.O_WRONLY;
}
