import { constants } from 'node:fs';
import { access, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HostError } from '../../util/host-error.ts';
import { encodeProfile } from './encode-profile.ts';
import type { CpuProfile } from './profile-tree.ts';

/** Throws `HostError` if no file can be made there. */
export async function assertWritable(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw new HostError('bad-config', `cannot write the profile (--profile): ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Writes a profile to a file, which is there whole or not at all. Rejects with the system's error. */
export async function writeProfile(path: string, profile: CpuProfile): Promise<void> {
  const partial = `${path}.${process.pid}.part`;
  try {
    await writeFile(partial, encodeProfile(profile));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
