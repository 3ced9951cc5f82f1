import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Progress } from '../measure/progress.ts';
import type { Site } from '../../../src/compare/machine/site.ts';

/** A guest that a page of docs/ says how to build. */
export interface GuideGuest {
  readonly name: string;
  /** Its name without `.md`. */
  readonly page: string;
  /** The program without which there is no use in trying. */
  readonly needs: string;
}

/** What a page has one write, by file name, and then run, line by line. */
export interface GuideSteps {
  readonly files: Readonly<Record<string, string>>;
  readonly commands: readonly string[];
}

/** What every page ends with. */
const BUILT = 'app.wasm';

/**
 * The path of the component that a page's commands make. It is made once for each text of the page and kept in a cache outside of the
 * repository. Throws what is missing, or which command failed.
 */
export async function buildByGuide(site: Site, progress: Progress, guest: GuideGuest): Promise<string> {
  const page = readFileSync(`docs/${guest.page}.md`, 'utf8');
  const folder = join(cacheFolder(), `${guest.name}-${createHash('sha256').update(page).digest('hex').slice(0, 12)}`);
  if (existsSync(join(folder, BUILT))) return join(folder, BUILT);
  if (spawnSync(guest.needs, ['--help']).error !== undefined) {
    throw new Error(`${guest.needs} is not installed, which docs/${guest.page}.md needs`);
  }
  const workshop = site.createFolder(guest.name);
  await follow(site, progress, { name: guest.name, steps: toGuideSteps(page), folder: workshop });
  mkdirSync(folder, { recursive: true });
  // Renamed when it is complete: a later run takes nothing unfinished for a component.
  const unfinished = join(folder, `${BUILT}.${process.pid}`);
  copyFileSync(join(workshop, BUILT), unfinished);
  renameSync(unfinished, join(folder, BUILT));
  return join(folder, BUILT);
}

/** Its files and the commands that build it: without those that install packages of npm, which the repository has, that serve, and that ask. */
export function toGuideSteps(page: string): GuideSteps {
  const files: Record<string, string> = {};
  const commands: string[] = [];
  for (const { 1: language = '', 2: text = '', index } of page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    const [, file] = /`([\w.-]+)`:\n\n$/.exec(page.slice(0, index)) ?? [];
    if (language === 'sh') commands.push(...text.split('\n').filter((line) => line !== '' && !NOT_BUILDING.test(line)));
    else if (file !== undefined) files[file] = text;
  }
  return { files, commands: commands.map((command) => command.replace(/^npx /, 'node_modules/.bin/')) };
}

const NOT_BUILDING = /^(?:npm |npx wasi-serve |curl )/;

const cacheFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wasi-serve-bench', 'guests');

interface Building {
  readonly name: string;
  readonly steps: GuideSteps;
  readonly folder: string;
}

async function follow(site: Site, progress: Progress, { name, steps, folder }: Building): Promise<void> {
  installPackages(folder);
  for (const [file, text] of Object.entries(steps.files)) writeFileSync(join(folder, file), text);
  for (const command of steps.commands) {
    progress.begin(`guest ${name}: ${command}`);
    try {
      await site.processes.run({ file: 'sh', args: ['-ec', command], cwd: folder }, site.signal);
    } catch (error) {
      progress.end('FAILED');
      throw new Error(`\`${command}\` of its guide failed`, { cause: error });
    }
    progress.end('done');
  }
}

/** What `npm install` of a page gives: this repository as `wasi-serve`, and its jco. */
function installPackages(folder: string): void {
  const packages = join(folder, 'node_modules');
  mkdirSync(packages, { recursive: true });
  symlinkSync(resolve('.'), join(packages, 'wasi-serve'));
  for (const name of ['.bin', '@bytecodealliance']) symlinkSync(resolve('node_modules', name), join(packages, name));
}
