import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

function read(file: string): string {
  return readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
}

const dockerfile = read('Dockerfile').replaceAll('\\\n', '');
const [, instructions = ''] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
const entrypoint = JSON.parse(instructions) as string[];

test('the Node of the container is that of the project', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
  const images = Array.from(dockerfile.matchAll(/^FROM (\S+)/gm), ([, image]) => image);
  expect(new Set(images)).toEqual(new Set([`node:${devDependencies['node']}-slim`]));
});

test('it runs what the page about deployment calls the least of permissions', () => {
  const [command = ''] = /^node --disable-sigusr1 --permission .* (?=app\.wasm$)/m.exec(read('docs/deploy.md')) ?? [];
  expect(entrypoint.join(' ')).toMatch(new RegExp(`^${RegExp.escape(command)}serve `));
});

test('it runs as an unprivileged user, with Node as the first process', () => {
  expect(dockerfile).toMatch(/^USER node\n(?!.*^USER )/ms);
  expect(entrypoint[0]).toBe('node');
});
