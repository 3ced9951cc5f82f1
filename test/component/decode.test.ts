import { globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { metadataShow, parse, print } from '@bytecodealliance/jco-transpile/wasm-tools';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeComponent } from '../../src/component/decode.ts';
import type { Canon, ComponentDefinition, Definition, TypeDefinition } from '../../src/component/definitions.ts';
import { createSource } from '../../src/component/source.ts';
import { HostError } from '../../src/util/host-error.ts';
import { guestFile } from '../harness/guests.ts';
import { mutations, readSmall } from '../harness/mutations.ts';

/** A definition without its offset, which has a test of its own. */
const SOMEWHERE = { offset: expect.any(Number) as number };

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0] as const;
const CORE_PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0] as const;

function decode(bytes: Uint8Array): ComponentDefinition {
  return decodeComponent(createSource('guest.wasm', bytes));
}

async function decodeWat(wat: string): Promise<readonly Definition[]> {
  return decode(await parse(`(component ${wat})`)).definitions;
}

/** An unsigned LEB128 number. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

/** A component of one section. */
function withSection(id: number, contents: readonly number[]): Uint8Array {
  return Uint8Array.from([...PREAMBLE, id, ...leb(contents.length), ...contents]);
}

function complaint(bytes: Uint8Array): HostError {
  try {
    decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(HostError);
    return error as HostError;
  }
  throw new Error('it was decoded');
}

/** Decodes, or fails as decoding may: with a `HostError` that names a byte. */
function decodeOrRefuse(bytes: Uint8Array): void {
  try {
    decode(bytes);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    expect(['bad-component', 'not-supported']).toContain(error.code);
    expect(error.message).toMatch(/^guest\.wasm(?: is damaged or truncated)?: at byte 0x[0-9a-f]+: /);
  }
}

const files = globSync(join(import.meta.dirname, '../../components/*/*.wasm')).sort();
/** Text of larger ones takes wasm-tools more than it is worth. */
const MAX_PRINTED_BYTES = 1_000_000;

describe('what is found in the guests is what wasm-tools finds', () => {
  test.each(files)('%s: the bytes of every core module', async (file) => {
    const bytes = readFileSync(file);
    const entries = await metadataShow(bytes);
    const ranges = entries.filter(({ metaType }) => metaType.tag === 'module').map(({ range }) => range);
    expect(modulesOf(decode(bytes)).map(({ offset, bytes: { byteLength } }) => [offset, offset + byteLength])).toEqual(
      ranges,
    );
  });

  test.each(files.filter((file) => statSync(file).size < MAX_PRINTED_BYTES))(
    '%s: every definition in order',
    async (file) => {
      const bytes = readFileSync(file);
      const lines = topLevel(await print(bytes));
      expect(decode(bytes).definitions.map(describeDefinition)).toEqual(lines.map(describeLine));
    },
  );

  test('and there are guests', () => {
    expect(files.map((file) => basename(file))).toContain('hello.wasm');
  });
});

function modulesOf({ definitions }: ComponentDefinition): (Definition & { at: 'core module' })[] {
  return definitions.flatMap((definition) => {
    if (definition.at === 'component') return modulesOf(definition.component);
    return definition.at === 'core module' ? [definition] : [];
  });
}

/** The first lines of what a printed component consists of, annotations left out. */
function topLevel(text: string): string[] {
  return text.split('\n').filter((line) => /^ {2}\([^@]/.test(line));
}

/** `canon lower`, `import "wasi:io/poll@0.2.3"`, `type`, … */
function describeLine(line: string): string {
  const canon = /\(canon ([a-z.-]+)/.exec(line)?.[1];
  if (canon !== undefined) return `canon ${canon}`;
  const keyword = /^ {2}\(((?:core )?[a-z]+)/.exec(line)?.[1] ?? line;
  const name = /"([^"]*)"/.exec(line.replaceAll(/\$"[^"]*"|\(@name "[^"]*"\)/g, ''))?.[1];
  return keyword === 'import' || keyword === 'export' || keyword === 'alias' ? `${keyword} "${name}"` : keyword;
}

function describeDefinition(definition: Definition): string {
  if (definition.at === 'import' || definition.at === 'export') return `${definition.at} "${definition.name}"`;
  if (definition.at === 'alias') return `alias "${'name' in definition.alias ? definition.alias.name : undefined}"`;
  if (definition.at !== 'canon') return definition.at;
  return `canon ${definition.canon.op === 'other' ? definition.canon.name : definition.canon.op}`;
}

describe('types of values', () => {
  const prims = ['bool', 's8', 'u8', 's16', 'u16', 's32', 'u32', 's64', 'u64', 'f32', 'f64', 'char', 'string'];
  test.each(prims)('%s', async (prim) => {
    expect(await typesOf(`(type ${prim})`)).toEqual([{ kind: 'prim', prim }]);
  });

  test.each<[string, TypeDefinition]>([
    [
      '(record (field "a" u8) (field "b-c" string))',
      {
        kind: 'record',
        fields: [
          { label: 'a', type: { prim: 'u8' } },
          { label: 'b-c', type: { prim: 'string' } },
        ],
      },
    ],
    [
      '(variant (case "none") (case "some" u64))',
      {
        kind: 'variant',
        cases: [
          { label: 'none', type: undefined },
          { label: 'some', type: { prim: 'u64' } },
        ],
      },
    ],
    ['(list char)', { kind: 'list', element: { prim: 'char' }, length: undefined }],
    ['(list char 4)', { kind: 'list', element: { prim: 'char' }, length: 4 }],
    ['(tuple u8 s64)', { kind: 'tuple', elements: [{ prim: 'u8' }, { prim: 's64' }] }],
    ['(flags "read" "write")', { kind: 'flags', labels: ['read', 'write'] }],
    ['(enum "get" "head")', { kind: 'enum', labels: ['get', 'head'] }],
    ['(option f32)', { kind: 'option', some: { prim: 'f32' } }],
    ['(result)', { kind: 'result', ok: undefined, err: undefined }],
    ['(result u8)', { kind: 'result', ok: { prim: 'u8' }, err: undefined }],
    ['(result (error u8))', { kind: 'result', ok: undefined, err: { prim: 'u8' } }],
    ['(result u8 (error f64))', { kind: 'result', ok: { prim: 'u8' }, err: { prim: 'f64' } }],
    ['(stream u8)', { kind: 'stream', element: { prim: 'u8' } }],
    ['(future)', { kind: 'future', element: undefined }],
    ['(func)', { kind: 'func', params: [], result: undefined, calling: 'sync' }],
    [
      '(func (param "a" u8) (result bool))',
      { kind: 'func', params: [{ label: 'a', type: { prim: 'u8' } }], result: { prim: 'bool' }, calling: 'sync' },
    ],
    ['(func async (result bool))', { kind: 'func', params: [], result: { prim: 'bool' }, calling: 'async' }],
  ])('%s', async (wat, expected) => {
    expect(await typesOf(`(type ${wat})`)).toEqual([expected]);
  });

  test('types within types are defined before them and named by index', async () => {
    expect(await typesOf('(type (list (option (tuple u8))))')).toEqual([
      { kind: 'tuple', elements: [{ prim: 'u8' }] },
      { kind: 'option', some: { index: 0 } },
      { kind: 'list', element: { index: 1 }, length: undefined },
    ]);
  });

  test('an index of more than one byte is not a primitive type', async () => {
    const many = '(type u8)'.repeat(130);
    expect((await typesOf(`${many}(type (list 127))`)).at(-1)).toMatchObject({ element: { index: 127 } });
  });

  test('resources, with destructor and without, and their handles', async () => {
    const core = '(core module $m (func (export "d") (param i32))) (core instance $i (instantiate $m))';
    const wat = `${core} (alias core export $i "d" (core func $d))
      (type $plain (resource (rep i32))) (type $r (resource (rep i32) (dtor (core func $d))))
      (type (own $r)) (type (borrow $plain))`;
    expect(await typesOf(wat)).toEqual([
      { kind: 'resource', destructor: undefined },
      { kind: 'resource', destructor: 0 },
      { kind: 'own', resource: 1 },
      { kind: 'borrow', resource: 0 },
    ]);
  });
});

async function typesOf(wat: string): Promise<TypeDefinition[]> {
  return (await decodeWat(wat)).flatMap((definition) => (definition.at === 'type' ? [definition.type] : []));
}

describe('types of components and instances', () => {
  test('each kind of declaration', async () => {
    const wat = `(type $o u8) (type (component
      (core type (module (import "a" "b" (func)) (export "m" (memory 1)) (export "t" (table 1 2 funcref)) (export "g" (global (mut i64)))))
      (type $t u32) (alias outer 1 $o (type $a)) (import "f" (func)) (export "e" (type (eq $t))) (export "r" (type (sub resource)))))`;
    const [, type] = await typesOf(wat);
    expect(type?.kind).toBe('component');
    const declarations = type?.kind === 'component' ? type.declarations : [];
    expect(declarations.map(({ at }) => at)).toEqual([
      'core type',
      'type',
      'alias',
      'type',
      'import',
      'export',
      'export',
    ]);
    expect(declarations.at(2)).toEqual({
      ...SOMEWHERE,
      at: 'alias',
      alias: { of: 'outer', sort: 'type', count: 1, index: 0 },
    });
    expect(declarations.slice(-3)).toEqual([
      { ...SOMEWHERE, at: 'import', name: 'f', type: { sort: 'func', type: 2 } },
      { ...SOMEWHERE, at: 'export', name: 'e', type: { sort: 'type', bound: { eq: 0 } } },
      { ...SOMEWHERE, at: 'export', name: 'r', type: { sort: 'type', bound: 'resource' } },
    ]);
  });

  test.each([
    ['(import "f" (func))', { sort: 'func', type: 0 }],
    ['(import "i" (instance))', { sort: 'instance', type: 0 }],
    ['(import "c" (component))', { sort: 'component', type: 0 }],
    ['(import "m" (core module))', { sort: 'core module', type: 0 }],
    ['(import "t" (type (sub resource)))', { sort: 'type', bound: 'resource' }],
  ])('%s', async (wat, type) => {
    const imports = (await decodeWat(wat)).filter(({ at }) => at === 'import');
    expect(imports).toEqual([{ ...SOMEWHERE, at: 'import', name: wat.slice(9, 10), type }]);
  });
});

describe('core types', () => {
  test.each([
    ['(func)', { kind: 'func', params: [], results: [] }],
    ['(func (param i32 f64 v128) (result i64))', { kind: 'func', params: ['i32', 'f64', 'v128'], results: ['i64'] }],
    ['(func (param funcref externref))', { kind: 'func', params: ['funcref', 'externref'], results: [] }],
    [
      '(module (import "a" "b" (func)) (export "m" (memory 1)) (export "t" (table 1 2 funcref)) (export "g" (global (mut i64))))',
      {
        kind: 'module',
        declarations: [
          { at: 'type', type: { kind: 'func', params: [], results: [] } },
          { at: 'import', module: 'a', name: 'b', type: { kind: 'func', type: 0 } },
          {
            at: 'export',
            name: 'm',
            type: { kind: 'memory', limits: { initial: 1, maximum: undefined }, isShared: false },
          },
          { at: 'export', name: 't', type: { kind: 'table', element: 'funcref', limits: { initial: 1, maximum: 2 } } },
          { at: 'export', name: 'g', type: { kind: 'global', type: 'i64', isMutable: true } },
        ],
      },
    ],
  ])('%s', async (wat, expected) => {
    const definitions = await decodeWat(`(core type ${wat})`);
    expect(definitions).toEqual([{ ...SOMEWHERE, at: 'core type', type: expected }]);
  });
});

describe('nested things', () => {
  test('components, modules, and aliases of what is outside', async () => {
    const definitions = await decodeWat(`(type $t u8) (core module $m)
      (component $c (component $d (alias outer 2 $t (type)) (alias outer 2 $m (core module)))) (component (alias outer 1 $c (component)))`);
    expect(definitions.map(({ at }) => at)).toEqual(['type', 'core module', 'component', 'component']);
    const [outer, sibling] = definitions.flatMap((definition) =>
      definition.at === 'component' ? [definition.component] : [],
    );
    const [inner] = outer?.definitions ?? [];
    expect(inner?.at === 'component' ? inner.component.definitions : []).toEqual([
      { ...SOMEWHERE, at: 'alias', alias: { of: 'outer', sort: 'type', count: 2, index: 0 } },
      { ...SOMEWHERE, at: 'alias', alias: { of: 'outer', sort: 'core module', count: 2, index: 0 } },
    ]);
    expect(sibling?.definitions).toEqual([
      { ...SOMEWHERE, at: 'alias', alias: { of: 'outer', sort: 'component', count: 1, index: 0 } },
    ]);
  });

  test('each definition has its offset', async () => {
    const bytes = await parse(
      '(component (import "here" (func)) (type (instance (export "there" (type (sub resource))))))',
    );
    const definitions = decode(bytes).definitions;
    const declared = definitions.flatMap((item) =>
      item.at === 'type' && 'declarations' in item.type ? item.type.declarations : [],
    );
    const found = [...definitions.filter(({ at }) => at === 'import'), ...declared].map(({ offset }) =>
      // Both begin with a byte or two for the form of the name, and its length.
      Buffer.from(bytes.subarray(offset, offset + 8))
        .toString('latin1')
        .replaceAll(/[^a-z]/g, ''),
    );
    expect(found).toEqual([expect.stringMatching(/^here/), expect.stringMatching(/^there/)]);
  });

  test('a component says its name', async () => {
    expect(decode(await parse('(component $greeter)')).name).toBe('greeter');
    expect(decode(await parse('(component)')).name).toBeUndefined();
  });

  test('core instances of modules and of exports', async () => {
    const definitions = await decodeWat(`(core module $m (memory (export "mem") 1) (func (export "f")))
      (core instance $i (instantiate $m)) (alias core export $i "mem" (core memory $mem)) (alias core export $i "f" (core func $f))
      (core instance $x (export "a" (memory $mem)) (export "b" (func $f))) (core module $n) (core instance (instantiate $n (with "env" (instance $x))))`);
    expect(definitions.flatMap((definition) => (definition.at === 'core instance' ? [definition.expr] : []))).toEqual([
      { by: 'instantiate', module: 0, args: [] },
      {
        by: 'exports',
        exports: [
          { name: 'a', sort: 'memory', index: 0 },
          { name: 'b', sort: 'func', index: 0 },
        ],
      },
      { by: 'instantiate', module: 1, args: [{ name: 'env', instance: 1 }] },
    ]);
  });

  test('instances of components and of exports', async () => {
    const definitions = await decodeWat(`(import "f" (func $f)) (component $c (import "g" (func)))
      (instance (instantiate $c (with "g" (func $f)))) (instance $x (export "f" (func $f))) (export "x" (instance $x)) (export "y" (func $f) (func))`);
    expect(definitions.flatMap((definition) => (definition.at === 'instance' ? [definition.expr] : []))).toEqual([
      { by: 'instantiate', component: 0, args: [{ name: 'g', ref: { sort: 'func', index: 0 } }] },
      { by: 'exports', exports: [{ name: 'f', ref: { sort: 'func', index: 0 } }] },
    ]);
    expect(definitions.filter(({ at }) => at === 'export')).toEqual([
      { ...SOMEWHERE, at: 'export', name: 'x', ref: { sort: 'instance', index: 1 }, type: undefined },
      { ...SOMEWHERE, at: 'export', name: 'y', ref: { sort: 'func', index: 0 }, type: { sort: 'func', type: 1 } },
    ]);
  });
});

describe('canonical definitions', () => {
  const CORE = `(core module $m (memory (export "mem") 1) (func (export "f")) (func (export "s") (param i32 i32))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m)) (alias core export $i "mem" (core memory $mem))
    (alias core export $i "f" (core func $f)) (alias core export $i "s" (core func $s)) (alias core export $i "realloc" (core func $realloc))
    (type $r (resource (rep i32)))`;

  async function canonsOf(wat: string): Promise<Canon[]> {
    return (await decodeWat(CORE + wat)).flatMap((definition) => (definition.at === 'canon' ? [definition.canon] : []));
  }

  test.each(['utf8', 'utf16', 'latin1+utf16'] as const)('lift and lower with strings in %s', async (stringEncoding) => {
    const options = `(memory $mem) (realloc (core func $realloc)) string-encoding=${stringEncoding}`;
    const wat = `(func $lifted (param "x" string) (canon lift (core func $s) ${options} (post-return (core func $f))))
      (core func (canon lower (func $lifted) ${options}))`;
    const expected = { stringEncoding, memory: 0, realloc: 2, callback: undefined, calling: 'sync' };
    expect(await canonsOf(wat)).toEqual([
      { op: 'lift', func: 1, type: 1, options: { ...expected, postReturn: 0 } },
      { op: 'lower', func: 0, options: { ...expected, postReturn: undefined } },
    ]);
  });

  test('without options, strings are in UTF-8 and calls are synchronous', async () => {
    const [lift] = await canonsOf('(func (canon lift (core func $f)))');
    const nothing = { memory: undefined, realloc: undefined, postReturn: undefined, callback: undefined };
    expect(lift).toMatchObject({ op: 'lift', options: { stringEncoding: 'utf8', calling: 'sync', ...nothing } });
  });

  test('async ones with a callback', async () => {
    const [lift] = await canonsOf('(func async (canon lift (core func $f) async (callback (core func $f))))');
    expect(lift).toMatchObject({ op: 'lift', options: { calling: 'async', callback: 0 } });
  });

  test.each(['new', 'rep', 'drop'])('resource.%s', async (op) => {
    expect(await canonsOf(`(core func (canon resource.${op} $r))`)).toEqual([{ op: `resource.${op}`, resource: 0 }]);
  });

  test.each([
    'task.cancel',
    'subtask.cancel',
    'subtask.cancel async',
    'task.return (result u8)',
    'task.return',
    'context.get i32 0',
    'context.set i32 1',
    'subtask.drop',
    'stream.new 1',
    'stream.read 1 (memory $mem)',
    'stream.write 1 async (memory $mem)',
    'stream.cancel-read 1',
    'stream.cancel-write 1 async',
    'stream.drop-readable 1',
    'stream.drop-writable 1',
    'future.new 2',
    'future.read 2 (memory $mem)',
    'future.write 2 (memory $mem)',
    'future.cancel-read 2',
    'future.cancel-write 2',
    'future.drop-readable 2',
    'future.drop-writable 2',
    'error-context.new (memory $mem)',
    'error-context.debug-message (memory $mem) (realloc (core func $realloc))',
    'error-context.drop',
    'waitable-set.new',
    'waitable-set.wait (memory $mem)',
    'waitable-set.poll (memory $mem)',
    'waitable-set.drop',
    'waitable.join',
    'backpressure.inc',
    'backpressure.dec',
    'thread.yield',
    'thread.index',
  ])('of WASI 0.3, known by name: %s', async (form) => {
    const [canon, next] = await canonsOf(
      `(type (stream u8)) (type (future u8)) (core func (canon ${form})) (core func (canon resource.drop $r))`,
    );
    expect(canon).toEqual({ op: 'other', name: form.split(' ')[0] });
    expect(next).toEqual({ op: 'resource.drop', resource: 0 });
  });
});

describe('an error gives the offset of the invalid byte', () => {
  test.each([
    {
      what: 'an unknown section',
      bytes: withSection(13, []),
      code: 'bad-component',
      says: 'at byte 0xa: unknown section 13',
    },
    {
      what: 'a start section',
      bytes: withSection(9, [0, 0, 0]),
      code: 'not-supported',
      says: 'at byte 0xa: start and value',
    },
    {
      what: 'a value that is imported',
      bytes: withSection(10, [1, 0, 1, 97, 2, 0, 0x7f]),
      code: 'not-supported',
      says: 'values',
    },
    {
      what: 'a section longer than the file',
      bytes: withSection(7, [0]).subarray(0, 10),
      code: 'bad-component',
      says: 'at byte 0xa: expected 1 bytes, only 0 are left',
    },
    {
      what: 'bytes after a vector',
      bytes: withSection(7, [0, 0]),
      code: 'bad-component',
      says: 'at byte 0xb: 1 bytes are left over in section 7',
    },
    {
      what: 'a number of six bytes',
      bytes: withSection(7, [0x80, 0x80, 0x80, 0x80, 0x80, 0]),
      code: 'bad-component',
      says: 'the encoding of a 32-bit number is too long',
    },
    {
      what: 'a number above 32 bits',
      bytes: withSection(7, [0xff, 0xff, 0xff, 0xff, 0x1f]),
      code: 'bad-component',
      says: 'does not fit in 32 bits',
    },
    {
      what: 'a name that is not UTF-8',
      bytes: withSection(10, [1, 0, 1, 0xff, 1, 0]),
      code: 'bad-component',
      says: 'not valid UTF-8',
    },
    {
      what: 'an empty record',
      bytes: withSection(7, [1, 0x72, 0]),
      code: 'bad-component',
      says: 'empty record, variant, tuple, flags or enum',
    },
    {
      what: 'a module type in a module type',
      bytes: withSection(3, [1, 0x50, 1, 1, 0x50, 0]),
      code: 'bad-component',
      says: 'inside a module type',
    },
    {
      what: 'a core type with structs',
      bytes: withSection(3, [1, 0x5f, 0]),
      code: 'not-supported',
      says: 'a core type',
    },
    {
      what: 'a nested core module as component',
      bytes: withSection(4, CORE_PREAMBLE),
      code: 'bad-component',
      says: 'nested component',
    },
  ])('$what', ({ bytes, code, says }) => {
    expect(complaint(bytes)).toMatchObject({ code, message: expect.stringContaining(says) });
  });
});

describe('hostile bytes cost little', () => {
  test.each([50, 10_000])('components nested %i deep', (depth) => {
    let bytes: Uint8Array = Uint8Array.from(PREAMBLE);
    for (let level = 0; level < depth; level += 1) bytes = withSectionOf(bytes);
    if (depth > 100) expect(complaint(bytes).message).toContain('components nest deeper than 100');
    else expect(decode(bytes).definitions).toHaveLength(1);
  });

  test.each([
    { what: 'instance types', open: [0x42, 1, 1] },
    { what: 'component types', open: [0x41, 1, 1] },
  ])('$what nested 10,000 deep', ({ open }) => {
    const contents = [1, ...Array.from({ length: 10_000 }, () => open).flat(), 0x7f];
    expect(complaint(withSection(7, contents)).message).toContain('types nest deeper than 100');
  });

  test('module types nested 10,000 deep', () => {
    const contents = [1, ...Array.from({ length: 10_000 }, () => [0x50, 1, 1]).flat(), 0x60, 0, 0];
    expect(complaint(withSection(3, contents)).message).toContain('inside a module type');
  });

  test.each([5, 6, 7, 8, 10, 11])('a vector of 2^32 - 1 items in section %i', (id) => {
    expect(complaint(withSection(id, [0xff, 0xff, 0xff, 0xff, 0x0f])).message).toContain(
      'a vector of 4294967295 items',
    );
  });

  test('more definitions than any component needs, each a byte', () => {
    const count = 1_500_000;
    const bytes = new Uint8Array(8 + 1 + 4 + 4 + count).fill(0x7f);
    bytes.set([...PREAMBLE, 7, ...leb(4 - 1 + count), ...leb(count)]);
    const exact = bytes.subarray(0, 8 + 1 + leb(count + 3).length + leb(count).length + count);
    expect(complaint(exact).message).toContain('too many definitions');
  });

  test('more sections than any component needs', () => {
    const bytes = new Uint8Array(8 + 2 * 1_500_000);
    bytes.set(PREAMBLE);
    for (let offset = 8; offset < bytes.length; offset += 2) bytes[offset] = 1;
    expect(complaint(bytes).message).toContain('too many definitions');
  });
});

function withSectionOf(component: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.from([...PREAMBLE, 4, ...leb(component.byteLength)]), component]);
}

describe('any bytes are decoded or refused', () => {
  test('random ones', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        decodeOrRefuse(Uint8Array.from([...PREAMBLE, ...bytes])),
      ),
      { numRuns: 5000 },
    );
  });

  test('random contents of each section', () => {
    const sections = fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.uint8Array({ maxLength: 60 })), {
      maxLength: 4,
    });
    const property = fc.property(sections, (items) => {
      const bytes = items.flatMap(([id, contents]) => [id, ...leb(contents.length), ...contents]);
      decodeOrRefuse(Uint8Array.from([...PREAMBLE, ...bytes]));
    });
    fc.assert(property, { numRuns: 5000 });
  });

  test('a guest that ends at any byte', () => {
    const bytes = readFileSync(guestFile('hello'));
    for (let length = PREAMBLE.length; length < bytes.byteLength; length += 1)
      decodeOrRefuse(bytes.subarray(0, length));
  });

  test.each(['hello', 'middleware', 'wasi-mixed'])('%s with bytes changed', (name) => {
    fc.assert(fc.property(mutations(readSmall(name)), decodeOrRefuse), { numRuns: 2000 });
  });
});
