import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { guestPath, runWasiServe, servingOn } from './wasi-serve.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'caches-'));
});

afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

async function entries(folder = 'wasi-serve'): Promise<string[]> {
  return await readdir(join(home, folder)).catch(() => []);
}

/** What `wasi-serve inspect` says of a small guest. */
async function inspect(): Promise<string> {
  const { code, stdout } = await runWasiServe(['inspect', guestPath('hello')], { XDG_CACHE_HOME: home });
  expect(code).toBe(0);
  return stdout;
}

test('a process leaves the compiled code of our sources, and the next one prints the same', async () => {
  const first = await inspect();
  expect(await entries()).toEqual(['node']);
  expect(await inspect()).toBe(first);
});

test('damaged entries do no harm', async () => {
  const first = await inspect();
  const files = await readdir(join(home, 'wasi-serve/node'), { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile())) {
    const path = join(file.parentPath, file.name);
    const bytes = await readFile(path);
    bytes.fill(0x55, Math.floor(bytes.byteLength / 2));
    await writeFile(path, bytes);
  }
  expect(await inspect()).toBe(first);
});

test('with -C cache=no nothing is left', async () => {
  await using serving = await servingOn(['serve', guestPath('hello'), '-C', 'cache=no'], { XDG_CACHE_HOME: home });
  expect((await fetch(serving.origin)).status).toBe(200);
  serving.kill('SIGTERM');
  expect(await serving.ended).toBe(0);
  expect(await entries()).toEqual([]);
});
