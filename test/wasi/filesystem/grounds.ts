import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  lstatSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What no guest may ever see. */
export const SECRET = 'TOP-SECRET';

/** A directory that is granted, beside one that is not. */
export interface Grounds extends Disposable {
  readonly granted: string;
  readonly outside: string;
  /** All that is outside: names, bytes, times and links. */
  snapshot(): string;
}

/** Makes both directories anew. The caller disposes them. */
export function layOut(): Grounds {
  const base = mkdtempSync(join(tmpdir(), 'wasi-serve-files-'));
  const [granted, outside] = [join(base, 'granted'), join(base, 'outside')];
  for (const dir of [join(granted, 'a/b/c'), join(granted, 'dir'), join(outside, 'dir'), join(outside, 'a')]) {
    mkdirSync(dir, { recursive: true });
  }
  for (const name of ['file', 'dir/file', 'a/file', 'secret']) {
    writeFileSync(join(outside, name), SECRET);
    if (name !== 'secret') writeFileSync(join(granted, name), 'public');
  }
  writeFileSync(join(granted, 'mine'), 'public');
  layLinks(granted, outside);
  return {
    granted,
    outside,
    snapshot: () => describe(outside),
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  };
}

/** Links that lead outside, by every way that there is. */
function layLinks(granted: string, outside: string): void {
  const links: Readonly<Record<string, string>> = {
    'link-out': '../outside',
    'link-to-file': '../outside/secret',
    'link-absolute': outside,
    'link-absolute-file': join(outside, 'secret'),
    'link-root': '/',
    'link-up': '..',
    'link-chain': 'link-out',
    'link-dots': 'a/b/../../../outside',
    'a/b/link-far': '../../../outside',
    'a/b/link-over': '../../link-up',
    'link-proc': '/proc/self/root',
    'link-cwd': '/proc/self/cwd',
    'link-new': '../outside/new',
    'link-slash': '../outside/',
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(granted, name));
  execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', join(granted, 'pipe')]);
  linkSync(join(granted, 'mine'), join(granted, 'mine-too'));
}

function describe(path: string): string {
  const stats = lstatSync(path, { bigint: true });
  const own = [path, stats.mode, stats.nlink, stats.size, stats.mtimeNs].join(' ');
  if (!stats.isDirectory()) return `${own} ${stats.isFile() ? readFileSync(path, 'latin1') : ''}`;
  const names = readdirSync(path).toSorted();
  return [own, ...names.map((name) => describe(join(path, name)))].join('\n');
}
