import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { guestPath, runWasiServe, servingOn } from './wasi-serve.ts';

/** Makes a process throw, unhandled, on SIGUSR2. */
const BROKEN = `process.on('SIGUSR2', () => { throw new Error('injected'); });`;
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(BROKEN)}`;

const FORMATS = [['text'], ['json']] as const;
const PATHS = Array.from({ length: 40 }, (_, index) => `/request-${index}`);

test.each(FORMATS)('lines that wait to be written together are written before the process ends: %s', async (format) => {
  await using serving = await servingOn([guestPath('hello'), '--log-format', format]);
  for (const path of PATHS) await (await fetch(serving.origin + path)).text();
  serving.kill('SIGTERM');
  expect(await serving.ended).toBe(0);
  for (const path of PATHS) expect(serving.text.stderr).toMatch(new RegExp(`${path}\\b.*\\n`));
});

test.each(FORMATS)('and before it crashes: %s', async (format) => {
  await using serving = await servingOn([guestPath('hello'), '--log-format', format], { NODE_OPTIONS });
  for (const path of PATHS) await (await fetch(serving.origin + path)).text();
  serving.kill('SIGUSR2');
  expect(await serving.ended).toBe(70);
  for (const path of PATHS) expect(serving.text.stderr).toMatch(new RegExp(`${path}\\b.*\\n`));
});

/** Serves 40 requests, and stops. Returns what was written to stderr and stdout. */
async function serveAll(...args: string[]): Promise<{ readonly stderr: string; readonly stdout: string }> {
  await using serving = await servingOn([guestPath('hello'), ...args]);
  for (const path of PATHS) await (await fetch(serving.origin + path)).text();
  serving.kill('SIGTERM');
  expect(await serving.ended).toBe(0);
  return serving.text;
}

describe('--access-log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasi-serve-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([['1'], ['2']])(
    'FILE: lines with their time are appended, and nothing else, %s process(es)',
    async (count) => {
      const file = join(folder, `text-${count}`);
      writeFileSync(file, 'what was there\n');
      const { stderr } = await serveAll('--access-log', file, ...(count === '1' ? [] : ['--workers', count]));
      const [first, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
      expect(first).toBe('what was there');
      expect(lines).toHaveLength(PATHS.length);
      for (const path of PATHS) {
        const line = new RegExp(`^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z GET +${path} +200 `);
        expect(lines.filter((one) => line.test(one))).toHaveLength(1);
      }
      expect(stderr).toContain('Serving HTTP on ');
      expect(stderr).not.toContain('/request-');
    },
  );

  test('FILE: JSON lines are as they are elsewhere, and only its owner and group may read a new file', async () => {
    const file = join(folder, 'json');
    const { stderr } = await serveAll('--access-log', file, '--log-format', 'json');
    const records = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.map(({ event, path }) => `${event} ${path}`)).toEqual(PATHS.map((path) => `request ${path}`));
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(stderr).not.toContain('/request-');
  });

  test('FILE: lines are written before the process crashes', async () => {
    const file = join(folder, 'crash');
    await using serving = await servingOn([guestPath('hello'), '--access-log', file], { NODE_OPTIONS });
    for (const path of PATHS) await (await fetch(serving.origin + path)).text();
    serving.kill('SIGUSR2');
    expect(await serving.ended).toBe(70);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(PATHS.length);
  });

  test('FILE: a full disk is told once, and requests are served', async () => {
    const { stderr } = await serveAll('--access-log', '/dev/full');
    expect(stderr.match(/error: no more lines in the access log \/dev\/full: ENOSPC/g)).toHaveLength(1);
  });

  test('FILE: one that cannot be opened is refused before anything is served', async () => {
    const { code, stderr } = await runWasiServe([guestPath('hello'), '--addr', '127.0.0.1:0', '--access-log', folder]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: cannot write the access log \(--access-log\): EISDIR/);
  });

  test.each([
    ['stdout', 40, 0],
    ['stderr', 0, 40],
    ['on', 0, 40],
    ['off', 0, 0],
  ])('%s: %d lines on stdout, %d on stderr', async (target, onStdout, onStderr) => {
    const { stdout, stderr } = await serveAll('--access-log', target);
    expect(stdout.match(/\/request-/g) ?? []).toHaveLength(onStdout);
    expect(stderr.match(/\/request-/g) ?? []).toHaveLength(onStderr);
  });
});
