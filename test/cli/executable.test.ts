import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { guestFile } from '../harness/guests.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILE = join(ROOT, '.cache/test/executable/wasi-serve');
const canBuild = spawnSync(process.execPath, ['--help']).stdout.includes('--build-sea');

beforeAll(async () => {
  if (canBuild) await promisify(execFile)('npm', ['run', 'build:executable', '--', FILE], { cwd: ROOT });
}, 240_000);

/** Runs the executable alone, in an empty environment and far from our files. Disposing ends it. */
function start(...args: readonly string[]) {
  const child = spawn(FILE, args, { cwd: '/', env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const until = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(text)?.[1];
      if (found !== undefined) return found;
      await Promise.race([once(child.stderr, 'data'), ended.then(() => Promise.reject(new Error(text)))]);
    }
  };
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { child, ended, until, text: () => text, [Symbol.asyncDispose]: dispose };
}

const get = async (url: string): Promise<string> =>
  await (await fetch(url, { headers: { connection: 'close' } })).text();

const HELLO = [guestFile('hello'), '--addr', '127.0.0.1:0'];

test.runIf(canBuild).each([
  { how: 'by itself', flags: [] },
  { how: 'with workers', flags: ['--workers', '2'] },
])('the executable serves $how, and stops at SIGTERM', async ({ flags }) => {
  await using server = start(...HELLO, ...flags);
  expect(await get(await server.until(/Serving HTTP on (\S+)/))).toBe('Hello from wasi-serve!\n');
  expect(server.text()).not.toContain('compiled code');
  server.child.kill('SIGTERM');
  expect(await server.ended, server.text()).toBe(0);
});

test.runIf(canBuild)('the executable has metrics inside', async () => {
  await using server = start(...HELLO, '--admin-addr', '127.0.0.1:0');
  const admin = await server.until(/admin +(http:\/\/[^/]+)/);
  expect(await get(`${admin}/metrics`)).toContain('process_cpu_user_seconds_total');
});

test.runIf(canBuild)('the executable has stores of SQLite, and Redis inside', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wasi-serve-executable-'));
  const stores = [`default=sqlite:${join(folder.path, 'store.db')}`, 'remote=redis://127.0.0.1:1'];
  await using server = start(
    guestFile('key-value'),
    '--addr',
    '127.0.0.1:0',
    ...stores.flatMap((store) => ['--keyvalue', store]),
  );
  const origin = await server.until(/Serving HTTP on (\S+)\//);
  expect(await get(`${origin}/count/n`)).toBe('1\n');
  expect(await get(`${origin}/count/n?store=remote`)).toBe('other(the store cannot be reached)\n');
  expect(await server.until(/(key-value store remote failed: .*)/)).toContain('ECONNREFUSED');
});

test.runIf(canBuild)('the executable watches for stalls: a stopped guest of it ends the process', async () => {
  await using server = start(
    guestFile('spin'),
    '--addr',
    '127.0.0.1:0',
    '--preemption',
    'off',
    '--stall-timeout',
    '2s',
  );
  const origin = await server.until(/Serving HTTP on (\S+)\//);
  const reply = fetch(`${origin}/?before`).catch(() => undefined);
  expect(await server.ended, server.text()).toBeNull();
  expect(server.child.signalCode).toBe('SIGALRM');
  expect(server.text()).toContain('/?before');
  await reply;
});

test.runIf(canBuild)('the executable says that it has no jco', async () => {
  await using command = start(...HELLO, '--engine', 'jco');
  expect(await command.ended).toBe(1);
  expect(command.text()).toMatch(/^error: the jco engine does not run from a bundle/m);
});

test.skip.each(canBuild ? [] : ['--build-sea'])('an executable is built: this Node has no %s', () => undefined);
