import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guestPath, runWasiServe } from './wasi-serve.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'wasi-serve-tool-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Each command of the tool, in this order, and what it prints. */
const COMMANDS = [
  [['write', '/d/one', 'first'], ''],
  [['append', '/d/one', ' and second'], ''],
  [['show', '/d/one'], 'first and second'],
  [['mkdir', '/d/sub/deep'], ''],
  [['copy', '/d/one', '/d/sub/two'], ''],
  [['move', '/d/sub/two', '/d/sub/deep/three'], ''],
  [['ls', '/d'], 'one\nsub/\n'],
  [['ls', '/d/sub/deep'], 'three\n'],
  [['remove', '/d/sub/deep/three'], ''],
  [['ls', '/d/sub/deep'], ''],
  [['copy', '/d/one', '/d/sub/deep/one'], ''],
  [['many', '/d/sub/deep', '100'], '1600\n'],
] as const;

describe.each(['linker', 'jco'])('a program with --dir, %s', (engine) => {
  const run = (grant: string, args: readonly string[]) =>
    runWasiServe(['run', '--engine', engine, '--dir', grant, guestPath('command'), ...args]);

  test('does what it likes there', async () => {
    for (const [args, stdout] of COMMANDS) {
      expect([args, await run(`${dir}::/d`, args)]).toEqual([args, expect.objectContaining({ code: 0, stdout })]);
    }
    expect(readFileSync(join(dir, 'one'), 'utf8')).toBe('first and second');
    rmSync(join(dir, 'sub'), { recursive: true });
    rmSync(join(dir, 'one'));
  });

  test.each([
    ['::/d::ro', ['write', '/d/x', 'y'], 'write: Operation not permitted (os error 63)\n'],
    ['::/d', ['show', '/d/../x'], 'show: Operation not permitted (os error 63)\n'],
    ['::/d', ['show', '/etc/passwd'], 'show: No such file or directory (os error 44)\n'],
    ['::/d', ['show', '/d/none'], 'show: No such file or directory (os error 44)\n'],
  ] as const)('%s %j', async (grant, args, stderr) => {
    expect(await run(`${dir}${grant}`, args)).toMatchObject({ code: 1, stderr });
  });
});
