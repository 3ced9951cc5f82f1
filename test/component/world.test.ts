import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createSource, readSource } from '../../src/component/source.ts';
import { parseWorld, readWorld } from '../../src/component/world.ts';
import { guestFile } from '../harness/guests.ts';

describe('a world in WIT', () => {
  test('has imports and exports with their versions', () => {
    const wit = `package root:component;

world root {
  import wasi:io/poll@0.2.3;
  import wasi:http/types@0.2.0;

  export wasi:http/incoming-handler@0.2.0;
}
package wasi:io@0.2.3 {
  interface poll {
    import-like: func();
  }
  world imports {
    import wasi:never/seen@1.0.0;
  }
}
`;
    expect(parseWorld(wit)).toEqual({
      imports: ['wasi:io/poll@0.2.3', 'wasi:http/types@0.2.0'],
      exports: ['wasi:http/incoming-handler@0.2.0'],
    });
  });

  test('has functions and interfaces of its own', () => {
    const wit = `world root {
  import log: func(text: string);
  import later: async func();
  import host: interface {
    import-me: func();
  }
  import plain:pkg/iface;

  export run: func() -> u32;
  export api: interface {
    go: func();
  }
}
`;
    expect(parseWorld(wit)).toEqual({ imports: ['log', 'later', 'host', 'plain:pkg/iface'], exports: ['run', 'api'] });
  });

  test.each([
    ['nothing', ''],
    ['no world', 'package a:b;\n'],
    ['an empty world', 'world root {\n}\n'],
  ])('of %s has neither', (_what, wit) => {
    expect(parseWorld(wit)).toEqual({ imports: [], exports: [] });
  });
});

describe('the world of a component', () => {
  test('is its own', async () => {
    const world = await readWorld(await readSource(guestFile('hello')));
    expect(world.exports).toEqual(['wasi:http/incoming-handler@0.2.12']);
    expect(world.imports).toContain('wasi:http/types@0.2.12');
  });

  test('names each release that it uses', async () => {
    const { imports } = await readWorld(await readSource(guestFile('wasi-mixed')));
    const versions = new Set(imports.map((name) => name.split('@')[1]));
    expect(versions).toEqual(new Set(['0.2.0', '0.2.12']));
  });

  test('has what no host serves too', async () => {
    const { imports } = await readWorld(await readSource(guestFile('missing-import')));
    expect(imports).toEqual(expect.arrayContaining(['wasi:keyvalue/store@0.2.0-draft', 'acme:greeter/greet@1.0.0']));
  });

  test.each([9, 100, 1000, 10_000])('of a component cut off after %i bytes is an error', async (byteLength) => {
    const bytes = (await readFile(guestFile('hello'))).subarray(0, byteLength);
    await expect(readWorld(createSource('cut.wasm', bytes))).rejects.toMatchObject({
      code: 'bad-component',
      message: expect.stringMatching(/^cut\.wasm is damaged or cut off: /),
    });
  });
});
