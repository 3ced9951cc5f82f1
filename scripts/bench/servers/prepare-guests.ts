import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { buildByGuide } from './guide-build.ts';
import type { Guest } from './guests.ts';
import { messageOf } from '../../../src/compare/machine/processes.ts';
import type { Progress } from '../measure/progress.ts';
import type { Site } from '../../../src/compare/machine/site.ts';

/** A guest that is not measured, and why. */
export interface Skipped {
  readonly guest: string;
  readonly reason: string;
}

/** Those whose wasm is there, and the others. */
export interface Prepared {
  readonly ready: readonly Guest[];
  readonly skipped: readonly Skipped[];
}

/** Builds the guests that are not built, or stale. One that cannot be rebuilt here but has a wasm is measured as it is. Throws only when aborted. */
export async function prepareGuests(site: Site, progress: Progress, guests: readonly Guest[]): Promise<Prepared> {
  const ready: Guest[] = [];
  const skipped: Skipped[] = [];
  for (const guest of guests) {
    try {
      ready.push(await prepare(site, progress, guest));
    } catch (error) {
      site.signal.throwIfAborted();
      const reason = messageOf(error);
      progress.tell(`guest ${guest.name} is skipped: ${reason}`);
      skipped.push({ guest: guest.name, reason });
    }
  }
  return { ready, skipped };
}

/** Throws why it cannot be had. */
async function prepare(site: Site, progress: Progress, guest: Guest): Promise<Guest> {
  const { name, file, origin } = guest;
  if (origin.from === 'nowhere') throw new Error(origin.reason);
  if (origin.from === 'guide') return { ...guest, file: await buildByGuide(site, progress, { name, ...origin }) };
  if (origin.from === 'components' && !isFresh(name) && !build(name)) {
    progress.tell(`guest ${name}: stale, and \`npm run components\` fails`);
  }
  if (existsSync(file)) return guest;
  throw new Error(
    `${file} is not there (${origin.from === 'given' ? `--component ${name}=FILE` : `npm run components -- ${name}`})`,
  );
}

const isFresh = (name: string): boolean =>
  spawnSync(process.execPath, ['scripts/components.ts', '--check', name]).status === 0;

const build = (name: string): boolean =>
  spawnSync(process.execPath, ['scripts/components.ts', name], { stdio: ['ignore', 2, 2] }).status === 0;
