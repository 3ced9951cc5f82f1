import { parse, join } from 'node:path';
import type { Log } from '../../observe/log.ts';
import { CpuProfiler, type RunningProfile } from '../../observe/profile/profiler.ts';
import { assertWritable, writeProfile } from '../../observe/profile/write-profile.ts';
import type { ServePlan } from '../serve/serve-plan.ts';

/** V8 holds some 24 bytes of each sample until the profile ends, and a file of more samples than these is too large for most viewers. */
const MAX_MS = 10 * 60_000;

/** The profile for `--profile`, which is being made. Disposing it finishes it. */
export interface ProfileFile extends AsyncDisposable {
  /** Ends it, and writes the file. Does nothing the second time. */
  finish(): Promise<void>;
}

/** What makes profiles, if a plan has anything that may ask for one. */
export function createProfiler({ profile, debugEndpoints }: ProfilePlan): CpuProfiler | undefined {
  return profile === undefined && !debugEndpoints ? undefined : new CpuProfiler();
}

type ProfilePlan = Pick<ServePlan, 'profile' | 'debugEndpoints'>;

/** Begins a profile for a file, if one is asked for. Throws `HostError` if it can be neither made nor written. */
export async function beginProfile(
  path: string | undefined,
  profiler: CpuProfiler | undefined,
  log: Log,
): Promise<ProfileFile> {
  if (path === undefined || profiler === undefined) return NO_PROFILE;
  await assertWritable(path);
  const running = await profiler.start();
  return running === undefined ? NO_PROFILE : toFile(path, running, log);
}

const nothing = (): Promise<void> => Promise.resolve();
const NO_PROFILE: ProfileFile = Object.freeze({ finish: nothing, [Symbol.asyncDispose]: nothing });

function toFile(path: string, running: RunningProfile, log: Log): ProfileFile {
  let finishing: Promise<void> | undefined;
  const finish = (): Promise<void> => (finishing ??= write(path, running, log));
  const timer = setTimeout(() => void finish(), MAX_MS);
  timer.unref();
  const end = async (): Promise<void> => {
    clearTimeout(timer);
    await finish();
  };
  return { finish: end, [Symbol.asyncDispose]: end };
}

/** Logs whether the profile was written: nobody loses a host for it. */
async function write(path: string, running: RunningProfile, log: Log): Promise<void> {
  try {
    await writeProfile(path, await running.finish());
    log({ at: 'notice', level: 'info', message: `Profile written to ${path}` });
  } catch (error) {
    const message = `the profile could not be written: ${(error as Error).message} (--profile)`;
    log({ at: 'notice', level: 'error', message });
  }
}

/** The file of one of several processes: `app.1234.cpuprofile`. */
export function ofProcess(path: string | undefined, pid: number): string | undefined {
  if (path === undefined) return undefined;
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}.${pid}${ext}`);
}
