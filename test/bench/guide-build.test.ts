import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { toGuideSteps } from '../../scripts/bench/servers/guide-build.ts';

const stepsOf = (page: string) => toGuideSteps(readFileSync(`${import.meta.dirname}/../../docs/${page}.md`, 'utf8'));

test.each([
  ['guest-python', 'app.py', ['venv/bin/pip install componentize-py==', 'componentize app -o app.wasm']],
  ['guest-go', 'main.go', ['go mod init hello', 'go build -buildmode=c-shared', '--output app.wasm']],
])('%s is built by its own commands, without packages of npm, a server or a client', (page, file, parts) => {
  const { files, commands } = stepsOf(page);
  expect(Object.keys(files)).toEqual([file]);
  for (const part of parts)
    expect(
      commands.some((command) => command.includes(part)),
      part,
    ).toBe(true);
  expect(commands.filter((command) => /^(?:npm|npx|curl)\b|wasi-serve app/.test(command))).toEqual([]);
  expect(commands.at(-1)).toContain('app.wasm');
});
