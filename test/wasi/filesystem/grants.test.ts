import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHost, loadComponent } from '../../../src/index.ts';
import { guest } from '../../harness/guests.ts';
import { type Way, answer, nodeWays } from '../../harness/matrix.ts';
import { until } from '../../harness/until.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wasi-serve-grants-'));
  writeFileSync(join(dir, 'file'), 'public');
  writeFileSync(join(dir, 'mine'), 'mine');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const READ_ONLY = [
  ['read=file', 'public'],
  ['list=.', 'file mine'],
  ['stat=file', 'DescriptorType::RegularFile 6'],
  ['write=file', 'not-permitted'],
  ['write=new', 'not-permitted'],
  ['create=new', 'not-permitted'],
  ['remove=file', 'not-permitted'],
  ['rename=new', 'not-permitted'],
  ['link=file', 'not-permitted'],
  ['symlink=file', 'not-permitted'],
  ['times=file', 'not-permitted'],
] as const;

describe('a directory that may only be read', () => {
  test.each(READ_ONLY)('%s -> %s', async (query, result) => {
    const component = await guest('file-facts');
    await using host = createHost(component, { directories: [{ host: dir, guest: '/', access: 'read-only' }] });
    expect(await (await host.fetch(`/?${query}`)).text()).toBe(`${result}\n`);
    expect(readdirSync(dir)).toEqual(['file', 'mine']);
    expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('public');
  });
});

describe('limits', () => {
  test.each([
    [{ maxOpenFiles: 0 }, 'read=file', 'quota'],
    [{ maxTotalOpenFiles: 0 }, 'read=file', 'quota'],
    [{ maxWrittenFileBytes: 19 }, 'write=file', 'quota'],
    [{ maxWrittenFileBytes: 20 }, 'write=file', 'wrote 20'],
    [{ maxCreatedFiles: 0 }, 'write=new', 'quota'],
    [{ maxCreatedFiles: 0 }, 'create=new', 'quota'],
    [{ maxCreatedFiles: 0 }, 'symlink=file', 'quota'],
    [{ maxCreatedFiles: 0 }, 'link=file', 'quota'],
    [{ maxCreatedFiles: 0 }, 'write=file', 'wrote 20'],
  ] as const)('%o: %s -> %s', async (limits, query, result) => {
    const component = await guest('file-facts');
    await using host = createHost(component, { directories: [{ host: dir, guest: '/' }], limits });
    expect(await (await host.fetch(`/?${query}`)).text()).toBe(`${result}\n`);
  });
});

/** The descriptors of this process that lead below the directory. */
function countOpen(): number {
  return readdirSync('/proc/self/fdinfo').filter((fd) => leadsInside(fd)).length;
}

function leadsInside(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith(dir);
  } catch {
    return false;
  }
}

describe.each(nodeWays)('$engine $isolation', (way: Way) => {
  test('all that a request has left open is closed with it, and what its streams had taken is written', async () => {
    {
      await using app = await answer(way, 'file-facts', { directories: [{ host: dir, guest: '/' }] });
      const own = countOpen();
      expect(own).toBe(1);
      for (let round = 0; round < 5; round += 1) expect(await (await app.send('/?hold')).text()).toBe('held\n');
      await until(() => countOpen() === own);
      expect(readFileSync(join(dir, 'held'), 'utf8')).toBe('held');
    }
    await until(() => countOpen() === 0);
  });

  test('a request that ends in the middle of a call leaves nothing open', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', note);
    await using app = await answer(way, 'file-facts', { directories: [{ host: dir, guest: '/' }], timeoutMs: 50 });
    const queries = ['list=.', 'read=file', 'write=file', 'stat=file', 'hold'];
    const sent = Array.from({ length: 60 }, async (_, index) => {
      const path = `/?${queries[index % queries.length]}&over=100000`;
      await app.send(path, { signal: AbortSignal.timeout(10 + index) }).catch(() => undefined);
    });
    await Promise.all(sent);
    await until(() => countOpen() === 1);
    // Node says so of a directory that is left open when it finds it as garbage.
    globalThis.gc?.();
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});

describe('a directory that cannot be granted', () => {
  test.each(['missing', 'file'])('is said when the host is made: %s', async (name) => {
    const component = await guest('file-facts');
    const host = join(dir, name);
    expect(() => createHost(component, { directories: [{ host }] })).toThrow(
      `cannot open the directory ${host} (--dir)`,
    );
  });
});

test.each([
  ['another option', { minSpares: 1 }, 'minSpares (--min-spares)'],
  ['a store', { keyValue: { a: 'sqlite:/no/such/folder/a.db' } }, 'the store sqlite:'],
])('a directory is closed if the host is not made because of %s', async (_name, options, message) => {
  const component = await loadComponent('components/file-facts/file-facts.wasm', { isolation: 'fresh' });
  expect(() => createHost(component, { directories: [{ host: dir }], ...options })).toThrow(message);
  await until(() => countOpen() === 0);
});

test('a guest finds each directory by its name, and nothing without one', async () => {
  const component = await loadComponent('components/denied/denied.wasm');
  await using host = createHost(component, {
    directories: [
      { host: dir, guest: '/one' },
      { host: dir, guest: '/two' },
    ],
  });
  expect(await (await host.fetch('/')).text()).toContain('preopens -> 2');
  expect(existsSync('/tmp/x')).toBe(false);
});
