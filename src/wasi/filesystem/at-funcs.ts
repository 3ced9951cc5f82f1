import type { BigIntStats } from 'node:fs';
import type { WasiCtx } from '../wasi-ctx.ts';
import { statNow } from './open-now.ts';
import type { Descriptor, DescriptorFlags } from './descriptor.ts';
import { type NewTimestamp, hashMetadata, toDescriptorStat, toNodeTime } from './descriptor-stat.ts';
import { type FileErrorCode, FileError } from './file-error.ts';
import type { FilesystemGrants } from './grants.ts';
import { type FileResult, guestWaits, nowOrWaits } from './guest-waits.ts';
import type { OpenFile } from './open-file.ts';
import type { OpenFiles } from './open-files.ts';
import { type Given, type OpenFlags, type PathFlags, openAt, openAtNow, walkTo } from './open-at.ts';
import { link, lstat, lutimes, mkdir, readlink, rename, rmdir, symlink, unlink } from './system-calls.ts';
import { type Walk, toText } from './walk.ts';

type Ctx = WasiCtx<FilesystemGrants>;

/** The functions that take paths. None of the calls that they end with follows a link at the end of the path that it is given. */
export const atFuncs = {
  '[method]descriptor.open-at': (
    ctx: Ctx,
    self: Descriptor,
    ...[pathFlags, path, openFlags, flags]: readonly [
      Given<PathFlags>,
      string,
      Given<OpenFlags>,
      Given<DescriptorFlags>,
    ]
  ) => {
    const ask = { pathFlags, path, openFlags, flags };
    return nowOrWaits(
      ctx,
      () => openAtNow(ctx, self, ask),
      () => openAt(ctx, self, ask),
    );
  },

  '[method]descriptor.create-directory-at': (ctx: Ctx, self: Descriptor, path: string) =>
    change(ctx, self, path, 'exist', async (walk, files) => {
      files.takeCreated();
      await mkdir(walk.pathAsGiven);
    }),
  '[method]descriptor.remove-directory-at': (ctx: Ctx, self: Descriptor, path: string) =>
    change(ctx, self, path, 'invalid', (walk) => rmdir(walk.pathAsGiven)),
  '[method]descriptor.unlink-file-at': (ctx: Ctx, self: Descriptor, path: string) =>
    change(ctx, self, path, 'is-directory', (walk) => unlink(walk.pathAsGiven)),
  '[method]descriptor.symlink-at': (ctx: Ctx, self: Descriptor, target: string, path: string) =>
    change(ctx, self, path, 'exist', async (walk, files) => {
      assertTarget(target);
      if (walk.isDirectoryPath) {
        await statAt(walk, true);
        throw new FileError('exist');
      }
      files.takeCreated();
      await symlink(target, walk.path);
    }),

  '[method]descriptor.rename-at': (
    ctx: Ctx,
    self: Descriptor,
    ...[path, other, newPath]: readonly [string, Descriptor, string]
  ) => changeBoth(ctx, [self, path, other, newPath], 'busy', (from, to) => rename(from.pathAsGiven, to.pathAsGiven)),
  '[method]descriptor.link-at': (
    ctx: Ctx,
    self: Descriptor,
    ...[pathFlags, path, other, newPath]: readonly [Given<PathFlags>, string, Descriptor, string]
  ) => {
    const linkTo = async (from: Walk, to: Walk, files: OpenFiles): Promise<void> => {
      if (pathFlags.symlinkFollow === true) throw new FileError('invalid');
      // With a slash the kernel would follow a link here, and only a directory could be meant, to which nothing can be linked.
      if (from.isDirectoryPath) {
        await statAt(from, true);
        throw new FileError('not-permitted');
      }
      files.takeCreated();
      await link(from.path, to.pathAsGiven);
    };
    return changeBoth(ctx, [self, path, other, newPath], 'exist', linkTo);
  },

  '[method]descriptor.readlink-at': (ctx: Ctx, self: Descriptor, path: string) =>
    guestWaits(ctx, async (files) => {
      using walk = await walkTo(files, self.directory, path);
      if (walk.name === '' || walk.isDirectoryPath) throw new FileError('invalid');
      const target = toText(await readlink(walk.path));
      if (target.startsWith('/')) throw new FileError('not-permitted');
      return target;
    }),
  '[method]descriptor.stat-at': (ctx: Ctx, self: Descriptor, pathFlags: Given<PathFlags>, path: string) =>
    nowOrWaits(
      ctx,
      (files) => mapped(statNow(files, self.directory, path), toDescriptorStat),
      async (files) => toDescriptorStat(await statPath(files, self.directory, pathFlags, path)),
    ),
  '[method]descriptor.metadata-hash-at': (ctx: Ctx, self: Descriptor, pathFlags: Given<PathFlags>, path: string) =>
    nowOrWaits(
      ctx,
      (files) => mapped(statNow(files, self.directory, path), hashMetadata),
      async (files) => hashMetadata(await statPath(files, self.directory, pathFlags, path)),
    ),
  '[method]descriptor.set-times-at': (
    ctx: Ctx,
    self: Descriptor,
    ...[pathFlags, path, access, modification]: readonly [Given<PathFlags>, string, NewTimestamp, NewTimestamp]
  ) =>
    guestWaits(ctx, async (files) => {
      const { directory } = self;
      self.assertWritable();
      using walk = await walkTo(files, directory, path);
      await statAt(walk, pathFlags.symlinkFollow === true);
      const place = walk.name === '' ? `${walk.path}/.` : walk.path;
      await lutimes(place, toNodeTime(access), toNodeTime(modification));
      return undefined;
    }),
};

function mapped<T, U>(value: T | undefined, map: (value: T) => U): U | undefined {
  return value === undefined ? undefined : map(value);
}

/** Changes what is at a path. `nameless` is the code for a path that ends with `.` or `..`. */
function change(
  ctx: Ctx,
  self: Descriptor,
  path: string,
  ...[nameless, work]: readonly [FileErrorCode, (walk: Walk, files: OpenFiles) => Promise<unknown>]
): Promise<FileResult<undefined>> {
  return guestWaits(ctx, async (files) => {
    const { directory } = self;
    self.assertWritable();
    using walk = await walkTo(files, directory, path);
    if (walk.name === '') throw new FileError(nameless);
    await work(walk, files);
    return undefined;
  });
}

/** As `change`, for two paths, which may be below different directories. */
function changeBoth(
  ctx: Ctx,
  [self, path, other, newPath]: readonly [Descriptor, string, Descriptor, string],
  nameless: FileErrorCode,
  work: (from: Walk, to: Walk, files: OpenFiles) => Promise<unknown>,
): Promise<FileResult<undefined>> {
  return guestWaits(ctx, async (files) => {
    const [directory, newDirectory] = [self.directory, other.directory];
    self.assertWritable();
    other.assertWritable();
    using from = await walkTo(files, directory, path);
    using to = await walkTo(files, newDirectory, newPath);
    if (from.name === '' || to.name === '') throw new FileError(nameless);
    await work(from, to, files);
    return undefined;
  });
}

async function statPath(
  files: OpenFiles,
  directory: OpenFile,
  { symlinkFollow }: Given<PathFlags>,
  path: string,
): Promise<BigIntStats> {
  using walk = await walkTo(files, directory, path);
  return await statAt(walk, symlinkFollow === true);
}

/** The status of what is at the place; the walk follows a link there if it may, or if only a directory can be meant. */
async function statAt(walk: Walk, mayFollow: boolean): Promise<BigIntStats> {
  for (;;) {
    const stats = await lstat(walk.name === '' ? `${walk.path}/.` : walk.path);
    if (stats.isSymbolicLink() && (mayFollow || walk.isDirectoryPath)) await walk.follow();
    else if (walk.isDirectoryPath && !stats.isDirectory()) throw new FileError('not-directory');
    else return stats;
  }
}

/** A link to an absolute path would lead whoever follows it outside. */
function assertTarget(target: string): void {
  if (target === '') throw new FileError('no-entry');
  if (target.includes('\0')) throw new FileError('invalid');
  if (target.startsWith('/')) throw new FileError('not-permitted');
}
