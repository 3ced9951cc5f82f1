import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { TEST_CACHE, guestFile } from '../harness/guests.ts';

const README = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8');
const EXAMPLES = Array.from(README.matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, code = '']) => code);

/** Says what the example's app or response answered; an example that serves would else never end. */
const EPILOGUE = `
const answers = [
  typeof app === 'undefined' ? undefined : await app.request('/api/'),
  typeof response === 'undefined' ? undefined : response,
];
for (const answer of answers) if (answer !== undefined) console.log(answer.status);
process.exit(0);
`;

/** The example on the guest hello, on our sources, on free ports. */
function toProgram(example: string): string {
  const index = new URL('../../src/index.ts', import.meta.url).href;
  return (
    example
      .replaceAll(/from 'wasi-serve'/g, `from '${index}'`)
      .replaceAll(/'[\w./-]+\.wasm'/g, `'${guestFile('hello')}'`)
      .replaceAll(/port: \d+/g, 'port: 0') + EPILOGUE
  );
}

test('the README has examples', () => {
  expect(EXAMPLES.length).toBeGreaterThan(0);
});

test.each(EXAMPLES.map((example, index) => ({ number: index + 1, example })))(
  'example $number of the README runs',
  async ({ number, example }) => {
    // Inside the repository, where its imports of hono resolve.
    const folder = join(TEST_CACHE, `readme-${number}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, 'example.ts'), toProgram(example));
    const env = { ...process.env, XDG_CACHE_HOME: folder };
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'example.ts')], { env });
    await rm(folder, { recursive: true });
    const expected = /const (app|response)\b/.test(example) ? ['200'] : [];
    expect(stdout.split('\n').filter(Boolean)).toEqual(expected);
  },
);
