import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { KEEP_AFTER_MS, createCache } from '../../src/component/cache/cache.ts';
import { decodeComponent } from '../../src/component/decode.ts';
import { sourcesOf } from '../../src/component/cache/digest-sources.ts';
import { createSource } from '../../src/component/source.ts';
import { checkTypesOnce } from '../../src/linker/check-types.ts';
import { wasiInterfaces } from '../../src/wasi/interfaces.ts';
import type { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { guestFile } from '../harness/guests.ts';
import { importedBy } from '../harness/imported-by.ts';

const source = createSource('hello', readFileSync(guestFile('hello')));
const definition = decodeComponent(source);
/** Of a component that this host does not fit: whoever checks it throws. */
const foreign = decodeComponent(createSource('foreign', readFileSync(guestFile('missing-import'))));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kept-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function check(what = definition, interfaces: readonly HostInterface<WasiCtx>[] = wasiInterfaces): Promise<void> {
  await checkTypesOnce(createCache(folder), source, what, interfaces);
}

async function checkAndKeep(interfaces: readonly HostInterface<WasiCtx>[] = wasiInterfaces): Promise<void> {
  await check(definition, interfaces);
  await vi.waitFor(async () => expect(await readdir(folder)).toHaveLength(1), { timeout: 10 * KEEP_AFTER_MS });
}

/** WASI's interfaces, of which the types of HTTP are changed by `change`. */
function changed(change: (types: HostInterface<WasiCtx>) => Partial<HostInterface<WasiCtx>>): HostInterface<WasiCtx>[] {
  return wasiInterfaces.map((host) => (host.name === 'wasi:http/types' ? { ...host, ...change(host) } : host));
}

test('a component that an earlier start found good is not checked again', async () => {
  await expect(check(foreign)).rejects.toMatchObject({ code: 'missing-import' });
  await checkAndKeep();
  await expect(check(foreign)).resolves.toBeUndefined();
});

test.each<[string, () => HostInterface<WasiCtx>[]]>([
  ['one function less', () => changed(({ funcs: { '[method]fields.get': _get, ...funcs } }) => ({ funcs }))],
  ['one resource less', () => changed(({ resources: { fields: _fields, ...resources } }) => ({ resources }))],
  [
    'two resources with one class',
    () => changed(({ resources }) => ({ resources: { ...resources, fields: Object.values(resources)[1] as never } })),
  ],
  ['another version', () => changed(() => ({ version: '0.2.99' }))],
  ['one interface less', () => wasiInterfaces.filter(({ name }) => name !== 'wasi:logging/logging')],
])('for a host with %s it is checked again', async (_what, interfaces) => {
  await checkAndKeep();
  await expect(check(foreign, interfaces())).rejects.toThrow();
});

test('nothing is kept for a host of which only the code tells the types', async () => {
  const unknown = { name: 'acme:greeter/greet', version: '1.0.0', resources: {}, funcs: {}, mayWait: [] } as const;
  vi.useFakeTimers();
  try {
    await check(definition, [...wasiInterfaces, unknown]);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('a component that is refused is not kept', async () => {
  vi.useFakeTimers();
  try {
    await expect(check(foreign)).rejects.toThrow();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('what decides whether a component is good is part of the key: every file that the checks import', () => {
  const digested = new Set(sourcesOf('checks'));
  const imported = importedBy('component/decode.ts', 'component/validate/validate.ts', 'linker/plan/check-host.ts');
  expect(imported.size).toBeGreaterThan(30);
  expect([...imported].filter((path) => !digested.has(path))).toEqual([]);
});
