import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Component, type Host, createHost, loadComponent } from '../../../src/index.ts';
import { type Grounds, SECRET, layOut } from './grounds.ts';
import { type Swap, startSwapping } from './swap.ts';

const OPERATIONS = ['open', 'read', 'list', 'stat', 'write', 'create', 'remove', 'rename', 'link', 'times'] as const;

/** Ways out, none of which may lead there. */
const PATHS = [
  '..',
  '../',
  '../.',
  '../outside/secret',
  'dir/../../outside/secret',
  './/dir//..//..//outside//secret',
  'a/b/c/../../../../outside/secret',
  '/etc/passwd',
  '//etc/passwd',
  '/proc/self/environ',
  'link-out/secret',
  'link-out/new',
  'link-out/',
  'link-out/.',
  'link-out/..',
  'link-out/dir/file',
  'link-to-file',
  'link-to-file/',
  'link-absolute/secret',
  'link-absolute-file',
  'link-root/etc/passwd',
  'link-up/outside/secret',
  'link-chain/secret',
  'link-dots/secret',
  'link-new',
  'link-slash',
  'link-slash/secret',
  'a/b/link-far/secret',
  'a/b/link-over/outside/secret',
  'link-proc/etc/passwd',
  'link-cwd/package.json',
  'a/b/link-far/../outside/secret',
] as const;

/** Names that look like others, or that some systems take for others: they are names like any. */
const NAMES = [
  '..\\outside\\secret',
  '\u2024\u2024/outside/secret',
  '.\u200b./outside/secret',
  '%2e%2e/outside/secret',
  '..;/outside/secret',
];

let component: Component;
beforeAll(async () => {
  component = await loadComponent('components/file-facts/file-facts.wasm');
});

async function ask(host: Host, query: Readonly<Record<string, string>>): Promise<string> {
  const response = await host.fetch(`/?${new URLSearchParams(query).toString()}`);
  expect(response.status).toBe(200);
  return response.text();
}

describe('no path leads out of a directory', () => {
  let grounds: Grounds;
  let host: Host;
  beforeAll(() => {
    grounds = layOut();
    host = createHost(component, { directories: [{ host: grounds.granted, guest: '/' }] });
  });
  afterAll(async () => {
    await host.close();
    grounds[Symbol.dispose]();
  });

  const attacks = PATHS.flatMap((path) => OPERATIONS.map((operation) => ({ path, operation })));
  test.each(attacks)('$operation $path', async ({ path, operation }) => {
    const before = grounds.snapshot();
    const result = await ask(host, { [operation]: path });
    expect(result).not.toContain(SECRET);
    expect(result).not.toContain('secret');
    expect(result).not.toContain('root:');
    expect(grounds.snapshot()).toBe(before);
  });
});

describe('what is told of ways out', () => {
  let grounds: Grounds;
  let host: Host;
  beforeAll(() => {
    grounds = layOut();
    host = createHost(component, { directories: [{ host: grounds.granted, guest: '/' }] });
  });
  afterAll(async () => {
    await host.close();
    grounds[Symbol.dispose]();
  });

  test.each(PATHS)('no status of %s, whatever is there', async (path) => {
    expect(await ask(host, { stat: path })).toBe('not-permitted\n');
  });

  test.each(NAMES)('%s is a name that is not there', async (path) => {
    expect(await ask(host, { read: path })).toBe('no-entry\n');
  });

  test.each(['/etc', '../outside', 'a/../../outside'])(
    'a link to %s, made by the guest, leads nowhere outside',
    async (target) => {
      const made = await ask(host, { symlink: target });
      expect(made).toBe(target.startsWith('/') ? 'not-permitted\n' : 'symlinked\n');
      expect(await ask(host, { list: 'symlinked' })).toBe(target.startsWith('/') ? 'no-entry\n' : 'not-permitted\n');
      await ask(host, { remove: 'symlinked' });
    },
  );

  test.each([
    ['open', 'not-permitted'],
    ['read', 'not-permitted'],
    ['write', 'not-permitted'],
    ['stat', 'DescriptorType::Fifo 0'],
  ])('a pipe holds nobody: %s', async (operation, result) => {
    expect(await ask(host, { [operation]: 'pipe' })).toBe(`${result}\n`);
  });

  test('a directory of devices gives no device', async () => {
    await using devices = createHost(component, { directories: [{ host: '/dev', guest: '/' }] });
    expect(await ask(devices, { read: 'zero' })).toBe('not-permitted\n');
    expect(await ask(devices, { write: 'null' })).toBe('not-permitted\n');
  });

  test('the links of /proc are read, not followed', async () => {
    await using proc = createHost(component, { directories: [{ host: '/proc', guest: '/', access: 'read-only' }] });
    for (const path of ['self/root/etc/passwd', 'self/cwd/package.json', 'self/exe', 'thread-self/root']) {
      expect(await ask(proc, { read: path })).toMatch(/^(?:not-permitted|no-entry)\n$/);
    }
  });
});

describe('nor while a thread swaps what is on the way', () => {
  const ways: readonly { readonly way: string; readonly path: string; swap(grounds: Grounds): Swap }[] = [
    {
      way: 'a directory for a link out',
      path: 'dir/file',
      swap: ({ granted }) => ({ place: `${granted}/dir`, aside: `${granted}/dir-aside`, target: '../outside/dir' }),
    },
    {
      way: 'a directory for an absolute link',
      path: 'dir/file',
      swap: ({ granted, outside }) => ({
        place: `${granted}/dir`,
        aside: `${granted}/aside`,
        target: `${outside}/dir`,
      }),
    },
    {
      way: 'a file for a link out',
      path: 'file',
      swap: ({ granted }) => ({
        place: `${granted}/file`,
        aside: `${granted}/file-aside`,
        target: '../outside/secret',
      }),
    },
    {
      way: 'a directory, which moves outside, behind which .. follows',
      path: 'a/b/../file',
      swap: ({ granted, outside }) => ({ place: `${granted}/a/b`, aside: `${outside}/dir/b`, target: undefined }),
    },
  ];
  const races = ways.flatMap((way) => OPERATIONS.map((operation) => ({ ...way, operation })));

  test.each(races)('$operation $path: $way', async ({ path, operation, swap }) => {
    using grounds = layOut();
    await using host = createHost(component, { directories: [{ host: grounds.granted, guest: '/' }] });
    const before = contentsOf(grounds);
    const swapping = await startSwapping(swap(grounds));
    const results = await ask(host, { [operation]: path, over: '150' });
    expect(await swapping.stop()).toBeGreaterThan(0);
    expect(results).not.toContain(SECRET);
    expect(results).not.toContain('secret');
    expect(contentsOf(grounds)).toBe(before);
  });
});

/** Without the times of directories, which the thread changes that moves things there. */
function contentsOf(grounds: Grounds): string {
  return grounds
    .snapshot()
    .split('\n')
    .filter((line) => line.endsWith(SECRET))
    .join('\n');
}
