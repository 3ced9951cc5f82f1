import { constants, closeSync, fstatSync, openSync, statfsSync } from 'node:fs';
import type { DirectoryGrant } from '../../config/kinds/directories.ts';
import { HostError } from '../../util/host-error.ts';
import { describeDenial } from '../../util/permissions.ts';
import { OpenFile, toIdentity } from './open-file.ts';
import { O_PATH } from './system-calls.ts';

/** A directory that guests find as `guest`, and below which they may go. */
export interface PreopenedDirectory {
  readonly guest: string;
  readonly access: 'read-write' | 'read-only';
  readonly file: OpenFile;
  /** Whether its file system is one that has what the kernel has cached of it at hand: not one of a network, or of another process. */
  readonly isLocal: boolean;
}

/** Source: statfs(2): ext2 to ext4, XFS, Btrfs, F2FS, bcachefs, ZFS, tmpfs, ramfs. */
const LOCAL_TYPES: ReadonlySet<number> = new Set([
  0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0xca45_1a4e, 0x2fc1_2fc1, 0x0102_1994, 0x8584_58f6,
]);

/**
 * Opens a directory of the host once for all guests. What its name leads to later does not matter. Throws `HostError` if it cannot be opened, or if this
 * system cannot keep guests inside it.
 */
export function openPreopened({ host, guest, access }: DirectoryGrant): PreopenedDirectory {
  if (process.platform !== 'linux') throw unsafe(host, `this is ${process.platform}`);
  const fd = openDirectory(host);
  const file = new OpenFile(fd, toIdentity(fstatSync(fd, { bigint: true })), closeSync);
  const obstacle = findObstacle(file);
  if (obstacle === undefined) return { guest, access, file, isLocal: isLocal(file) };
  file.release();
  throw unsafe(host, obstacle);
}

function isLocal({ path }: OpenFile): boolean {
  try {
    return LOCAL_TYPES.has(statfsSync(path).type);
  } catch {
    return false;
  }
}

function openDirectory(host: string): number {
  try {
    return openSync(host, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    const reason = describeDenial(error) ?? (error as Error).message;
    throw new HostError('bad-config', `cannot open the directory ${host} (--dir): ${reason}`, { cause: error });
  }
}

/** Why the kernel does not find a descriptor's own directory by its path in `/proc`, which all safety rests on; `undefined` if it does. */
function findObstacle({ path, identity }: OpenFile): string | undefined {
  try {
    const fd = openSync(`${path}/.`, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const { dev, ino } = fstatSync(fd, { bigint: true });
    closeSync(fd);
    return dev === identity.dev && ino === identity.ino ? undefined : '/proc/self/fd leads elsewhere';
  } catch (error) {
    return describeDenial(error) ?? `/proc/self/fd cannot be used: ${(error as Error).message}`;
  }
}

function unsafe(host: string, obstacle: string): HostError {
  return new HostError(
    'not-supported',
    `--dir ${host}: guests can only be kept inside a directory on Linux with /proc/self/fd, but ${obstacle}`,
  );
}
