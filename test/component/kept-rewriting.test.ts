import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ArtifactCache, NO_CACHE, createCache } from '../../src/component/cache/cache.ts';
import { sourcesOf } from '../../src/component/cache/digest-sources.ts';
import { type KeptRewriting, createKeptRewriting } from '../../src/component/cache/kept-rewriting.ts';
import { type RewriteOptions, type Rewritten, rewriteModule } from '../../src/rewriter/rewrite.ts';
import { createSource } from '../../src/component/source.ts';
import { probeReset } from '../../src/instance/probe-reset.ts';
import { linkComponent, planComponent, rewriteOptionsOf } from '../../src/linker/link.ts';
import { rewriteModules } from '../../src/linker/run/prepared-module.ts';
import { wasiInterfaces } from '../../src/wasi/interfaces.ts';
import { guestFile } from '../harness/guests.ts';
import { SRC, importedBy } from '../harness/imported-by.ts';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';

// Its bytes lie in the middle of a buffer, as those of a caller may.
const bytes = Buffer.concat([Buffer.alloc(3), readFileSync(guestFile('js-raw'))]).subarray(3);
const source = createSource('js-raw', bytes);
const plan = planComponent(source, wasiInterfaces);
const binaries = plan.modules;
const OPTIONS = rewriteOptionsOf(plan);
const rewritten = binaries.map((binary, index) => rewriteModule(binary, OPTIONS[index] as RewriteOptions));
const pairs = binaries.map((binary, index) => [binary, rewritten[index] as Rewritten] as const);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kept-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function openKept(options: Parameters<typeof createKeptRewriting>[2] = OPTIONS): KeptRewriting {
  const kept = createKeptRewriting(createCache(folder), source, options);
  if (kept === undefined) throw new Error('the guest is too small to be kept');
  return kept;
}

async function entryPath(): Promise<string> {
  const [name = ''] = await readdir(folder);
  return join(folder, name);
}

/** In one form whatever class of bytes it has. */
function plain(all: readonly Rewritten[] | undefined): unknown {
  return all?.map((one) => ({
    ...one,
    bytes: Buffer.from(one.bytes).toString('base64'),
    dataSegments: one.dataSegments.map((segment) => ({
      ...segment,
      bytes: Buffer.from(segment.bytes).toString('base64'),
    })),
  }));
}

test('what is kept is what was rewritten', async () => {
  await openKept().put(pairs);
  const found = await openKept().get(binaries);
  expect(plain(found)).toEqual(plain(rewritten));
});

test('modules are found by their offset, in any order', async () => {
  await openKept().put(pairs.toReversed());
  const found = await openKept().get(binaries.slice(1));
  expect(plain(found)).toEqual(plain(rewritten.slice(1)));
});

test('nothing is found if one of the modules is missing', async () => {
  await openKept().put(pairs.slice(1));
  expect(await openKept().get(binaries)).toBeUndefined();
});

test.each<[string, Partial<RewriteOptions>]>([
  ['smaller memories', { maxMemoryPages: 4096 }],
  ['smaller tables', { maxTableElements: 4096 }],
  ['other functions of the host', { hostFunctions: [] }],
])('nothing is found if modules were rewritten for %s', async (_what, other) => {
  await openKept(OPTIONS.map((options) => ({ ...options, ...other }))).put(pairs);
  expect(await openKept().get(binaries)).toBeUndefined();
});

test('nothing is found if functions had other bounds', async () => {
  await openKept().put(pairs);
  const bounds = { ...DEFAULT_LIMITS, maxFunctionCompileMs: 1 };
  const kept = createKeptRewriting(createCache(folder), source, OPTIONS, bounds);
  expect(await kept?.get(binaries)).toBeUndefined();
});

test.each([0.001, 0.3, 0.6, 0.999])('a byte that changed at %f of an entry is noticed', async (part) => {
  await openKept().put(pairs);
  const path = await entryPath();
  const entry = await readFile(path);
  const at = Math.floor(entry.byteLength * part);
  entry[at] = (entry[at] as number) ^ 0x10;
  await writeFile(path, entry);
  expect(await openKept().get(binaries)).toBeUndefined();
});

test('what is kept is not rewritten again', async () => {
  const found = rewritten.map((one) => ({ ...one }));
  const kept: KeptRewriting = { get: () => Promise.resolve(found), put: () => Promise.reject(new Error('put')) };
  expect(await rewriteModules(binaries, OPTIONS, kept)).toBe(found);
});

test('a component linked from what is kept is as one that was rewritten', async () => {
  const cache = createCache(folder);
  await openKept().put(pairs);
  const found: boolean[] = [];
  const watched: ArtifactCache = {
    ...cache,
    get: async (key) => {
      const artifacts = await cache.get(key);
      found.push(artifacts !== undefined);
      return artifacts;
    },
  };
  const [kept, fresh] = await Promise.all([
    linkComponent(source, wasiInterfaces, { cache: watched }),
    linkComponent(source, wasiInterfaces),
  ]);
  // Nothing about its types, but its rewriting.
  expect(found).toEqual([false, true]);
  const facts = ({ unrestorable, marksAllWrites }: typeof kept): unknown => ({ unrestorable, marksAllWrites });
  expect(facts(kept)).toEqual(facts(fresh));
  expect(probeReset(kept)).not.toHaveProperty('reason');
});

test('a module that is not valid is not kept', async () => {
  const invalid = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 3, 2, 1, 9]);
  const calls: string[] = [];
  const kept: KeptRewriting = {
    get: () => Promise.resolve(undefined),
    put: () => Promise.resolve(void calls.push('put')),
  };
  await expect(rewriteModules([invalid], OPTIONS, kept)).rejects.toMatchObject({ code: 'bad-component' });
  expect(calls).toEqual([]);
});

test('of a tiny component nothing is kept: it is rewritten sooner', () => {
  const tiny = createSource('tiny', Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]));
  expect(createKeptRewriting(createCache(folder), tiny, OPTIONS)).toBeUndefined();
});

test('what decides how a module is rewritten is part of the key: every file that the rewriter imports', async () => {
  const digested = new Set(sourcesOf('rewriter'));
  const imported = importedBy('rewriter/rewrite.ts', 'rewriter/analyse/compile-bounds.ts');
  // An error keeps nothing.
  imported.delete(join(SRC, 'util/host-error.ts'));
  expect(imported.size).toBeGreaterThan(30);
  expect([...imported].filter((path) => !digested.has(path))).toEqual([]);
});

test('without a cache nothing is found', async () => {
  const kept = createKeptRewriting(NO_CACHE, source, OPTIONS);
  await kept?.put(pairs);
  expect(await kept?.get(binaries)).toBeUndefined();
});
