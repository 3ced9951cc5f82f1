import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const pages = globSync(['*.md', 'docs/*.md', '{src,test,components,wit,scripts}/**/README.md'], {
  cwd: ROOT,
  exclude: ['**/node_modules/**', '**/target/**', 'wit/deps/**'],
}).toSorted();

/** What `a.ts` in a text may mean. */
const sources = globSync('{src,scripts,test,components}/**/*.{ts,js,sh}', { cwd: ROOT, exclude: ['**/target/**'] }).map(
  (file) => `/${file}`,
);
/** What readers of guides write. */
const OF_A_READER = new Set(['/app.js', '/hono.js', '/app.test.ts', '/NAME.js', '/define-NAME.ts']);

interface Link {
  readonly file: string;
  readonly heading: string | undefined;
}

/** Of what a page links to inside of the project. */
async function linksOf(page: string): Promise<Link[]> {
  const text = (await readFile(join(ROOT, page), 'utf8')).replaceAll(/^```[\s\S]*?^```$/gm, '');
  const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = '', heading] = target.split('#');
      return { file: file === '' ? page : normalize(join(dirname(page), file)), heading };
    });
}

/** As GitHub makes anchors. */
function toAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

describe('links', () => {
  test.each(pages)('of %s lead to files and headings that exist', async (page) => {
    for (const { file, heading } of await linksOf(page)) {
      expect(existsSync(join(ROOT, file)), `${page} links to ${file}`).toBe(true);
      if (heading === undefined) continue;
      const target = await readFile(join(ROOT, file), 'utf8');
      const anchors = Array.from(target.matchAll(/^#+ (.*)$/gm), ([, text = '']) => toAnchor(text));
      expect(anchors, `${page} links to ${file}#${heading}`).toContain(heading);
    }
  });

  test.each(pages)('of %s to sources name files that exist', async (page) => {
    const text = (await readFile(join(ROOT, page), 'utf8')).replaceAll(/^```[\s\S]*?^```$/gm, '');
    const named = Array.from(text.matchAll(/`([\w./-]+\.(?:ts|js|sh))`/g), ([, file = '']) => file);
    const missing = named
      .map((file) => `/${file.replace(/^(?:\.{1,2}\/)+/, '')}`)
      .filter((end) => !sources.some((source) => source.endsWith(end)));
    expect(missing.filter((file) => !OF_A_READER.has(file))).toEqual([]);
  });

  test('of what is packed lead to what is packed', async () => {
    const command = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const { stdout } = await promisify(execFile)('npm', command, { cwd: ROOT });
    // npm 12 gives an object by package, npm 11 and before a list.
    const [packed] = Object.values(JSON.parse(stdout) as Record<string, { files: { path: string }[] }>);
    const files = packed?.files.map(({ path }) => path) ?? [];
    const packedPages = files.filter((file) => file.endsWith('.md') && !file.startsWith('dist/'));
    expect(packedPages).toContain('README.md');
    expect(packedPages).toContain('docs/guest-rust.md');
    for (const page of packedPages) {
      for (const { file } of await linksOf(page)) expect(files, `${page} links to ${file}`).toContain(file);
    }
  });
});

test('the README is short', async () => {
  const text = await readFile(join(ROOT, 'README.md'), 'utf8');
  expect(text.split('\n').length).toBeLessThanOrEqual(150);
});
