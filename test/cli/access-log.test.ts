import { expect, test } from 'vitest';
import { guestPath, servingOn } from './wasi-serve.ts';

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
