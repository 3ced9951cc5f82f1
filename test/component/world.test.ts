import { readFile } from 'node:fs/promises';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentWit, metadataShow, parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import { readCoreModules } from '../../src/component/core-modules.ts';
import { decodeComponent } from '../../src/component/decode.ts';
import type { ComponentDefinition } from '../../src/component/definitions.ts';
import { createSource } from '../../src/component/source.ts';
import { type World, toWorld } from '../../src/component/world.ts';
import { guestFile } from '../harness/guests.ts';

const files = globSync(join(import.meta.dirname, '../../components/*/*.wasm')).sort();

function worldOf(guest: string): World {
  return toWorld(decodeComponent(createSource(guest, readFileSync(guestFile(guest)))));
}

async function decodeWat(wat: string): Promise<ComponentDefinition> {
  return decodeComponent(createSource('guest.wasm', await parse(`(component ${wat})`)));
}

describe('what is reported of each guest is what wasm-tools reports', () => {
  test.each(files)('%s: its imports and exports', async (file) => {
    const bytes = readFileSync(file);
    const wit = await componentWit(bytes);
    const body = /^world [^{]*\{\n(?<body>[\s\S]*?)^\}/m.exec(wit)?.groups?.['body'] ?? '';
    const names = (keyword: string): string[] =>
      Array.from(body.matchAll(new RegExp(`^  ${keyword} ([^;\\s]+);`, 'gm')), ([, name = '']) => name);
    const world = toWorld(decodeComponent(createSource(file, bytes)));
    expect(world).toEqual({ imports: names('import'), exports: names('export') });
  });

  test.each(files)('%s: the names and makers of its core modules', async (file) => {
    const bytes = readFileSync(file);
    const entries = (await metadataShow(bytes)).filter(({ metaType }) => metaType.tag === 'module');
    const told = entries.map(({ name, range: [byteOffset, end], producers }) => ({
      name,
      byteOffset,
      byteLength: end - byteOffset,
      producers: producers.flatMap(([, makers]) => makers.map(([maker, version]) => `${maker} ${version}`.trim())),
    }));
    expect(readCoreModules(decodeComponent(createSource(file, bytes)))).toEqual(told);
  });
});

describe('the world of a component', () => {
  test('is its own', () => {
    const world = worldOf('hello');
    expect(world.exports).toEqual(['wasi:http/incoming-handler@0.2.12']);
    expect(world.imports).toContain('wasi:http/types@0.2.12');
  });

  test('names each release that it uses', () => {
    const { imports } = worldOf('wasi-mixed');
    const versions = new Set(imports.map((name) => name.split('@')[1]));
    expect(versions).toEqual(new Set(['0.2.0', '0.2.12']));
  });

  test('has what no host serves too', () => {
    const { imports } = worldOf('missing-import');
    expect(imports).toEqual(expect.arrayContaining(['acme:keyvalue/store@0.2.0-draft', 'acme:greeter/greet@1.0.0']));
  });

  test('has functions and interfaces of its own, but no types', async () => {
    const definition = await decodeWat(`
      (import "kind" (type (sub resource)))
      (import "log" (func $log (param "text" string)))
      (import "plain:pkg/iface" (instance $iface))
      (component (import "inner" (func)))
      (export "api" (instance $iface))
      (export "run" (func $log))`);
    expect(toWorld(definition)).toEqual({ imports: ['log', 'plain:pkg/iface'], exports: ['api', 'run'] });
  });

  test('may be empty', async () => {
    expect(toWorld(await decodeWat(''))).toEqual({ imports: [], exports: [] });
  });

  test.each([9, 100, 1000, 10_000])('of a component cut off after %i bytes is an error', async (byteLength) => {
    const source = createSource('cut.wasm', (await readFile(guestFile('hello'))).subarray(0, byteLength));
    const error = expect.objectContaining({
      code: 'bad-component',
      message: expect.stringMatching(/^cut\.wasm is damaged or truncated: at byte 0x/) as string,
    }) as Error;
    expect(() => decodeComponent(source)).toThrow(error);
  });
});

describe('custom sections of a core module', () => {
  const moduleName = custom([...encodeName('name'), 0, 4, ...encodeName('abc')]);
  const producers = custom([
    ...encodeName('producers'),
    1,
    ...encodeName('language'),
    1,
    ...encodeName('C'),
    ...encodeName('11'),
  ]);

  test.each([
    { what: 'whole ones', sections: [moduleName, producers], told: { name: 'abc', producers: ['C 11'] } },
    { what: 'none', sections: [], told: { name: undefined, producers: [] } },
    {
      what: 'a name cut off',
      sections: [custom([...encodeName('name'), 0, 9, 3, 97]), producers],
      told: { name: undefined, producers: ['C 11'] },
    },
    {
      what: 'makers cut off',
      sections: [moduleName, custom([...encodeName('producers'), 7])],
      told: { name: 'abc', producers: [] },
    },
    { what: 'a section cut off', sections: [moduleName, [0, 99]], told: { name: 'abc', producers: [] } },
  ])('$what', ({ sections, told }) => {
    expect(describeModule(...sections)).toMatchObject(told);
  });
});

function describeModule(...sections: readonly number[][]): unknown {
  const core = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()];
  const component = Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 1, core.length, ...core]);
  return readCoreModules(decodeComponent(createSource('guest.wasm', component)))[0];
}

function encodeName(text: string): number[] {
  return [text.length, ...Buffer.from(text)];
}

function custom(content: readonly number[]): number[] {
  return [0, content.length, ...content];
}
