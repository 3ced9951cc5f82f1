import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isText } from '../../src/component/assemble.ts';
import { createSource, digestSource, readSource } from '../../src/component/source.ts';

const MAGIC = [0x00, 0x61, 0x73, 0x6d];
const COMPONENT = new Uint8Array([...MAGIC, 0x0d, 0, 1, 0]);

test('a component has its label, bytes and digest', () => {
  const digest = createHash('sha256').update(COMPONENT).digest('hex');
  const source = createSource('mine', COMPONENT);
  expect(source).toEqual({ label: 'mine', bytes: COMPONENT });
  expect(digestSource(source)).toBe(digest);
});

test('a component may lie anywhere in a buffer', () => {
  const buffer = new Uint8Array([1, 2, 3, ...COMPONENT, 4]);
  expect(createSource('mine', buffer.subarray(3, 11)).bytes).toEqual(COMPONENT);
});

describe('what is not a component is distinguished', () => {
  test.each([
    { what: 'nothing', bytes: [], says: 'it has only 0 bytes' },
    { what: 'a cut preamble', bytes: [...MAGIC, 0x0d, 0, 1], says: 'it has only 7 bytes' },
    { what: 'text', bytes: [...Buffer.from('(component)')], says: 'is not WebAssembly' },
    { what: 'a swapped magic', bytes: [0x6d, 0x73, 0x61, 0, 0x0d, 0, 1, 0], says: 'is not WebAssembly' },
    { what: 'a core module', bytes: [...MAGIC, 1, 0, 0, 0], says: 'is a core module, not a component' },
    { what: 'an older component', bytes: [...MAGIC, 0x0a, 0, 1, 0], says: 'version 10 of layer 1' },
    { what: 'a newer component', bytes: [...MAGIC, 0x0e, 0, 1, 0], says: 'version 14 of layer 1' },
    { what: 'another layer', bytes: [...MAGIC, 0x0d, 0, 2, 0], says: 'version 13 of layer 2' },
  ])('$what', ({ bytes, says }) => {
    const create = (): unknown => createSource('some.wasm', new Uint8Array(bytes));
    expect(create).toThrow(expect.objectContaining({ code: 'bad-component', message: expect.stringContaining(says) }));
    expect(create).toThrow(/^some\.wasm /);
  });
});

test.each([
  { path: join(import.meta.dirname, 'no-such.wasm'), says: 'no such file' },
  { path: import.meta.dirname, says: 'it is a directory' },
  { path: join(import.meta.filename, 'below-a-file.wasm'), says: 'ENOTDIR' },
])('a path that cannot be read says so: $says', async ({ path, says }) => {
  const read = (): Promise<unknown> => readSource(path);
  await expect(read).rejects.toThrow(
    expect.objectContaining({ code: 'bad-component', message: expect.stringContaining(says) }),
  );
  await expect(read).rejects.toThrow(`cannot read ${path}`);
});

test('a file is read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'source-'));
  await writeFile(join(folder, 'a.wasm'), COMPONENT);
  const source = await readSource(join(folder, 'a.wasm'));
  await rm(folder, { recursive: true });
  expect(source).toMatchObject({ label: join(folder, 'a.wasm'), bytes: expect.objectContaining({ byteLength: 8 }) });
});

describe('a file of text', () => {
  test.each([
    ['(component)', true],
    [' \n\t(component)', true],
    [';; a comment', true],
    ['(; another ;) (component)', true],
    ['\0asm', false],
    ['', false],
    ['component', false],
  ])('%j: %s', (text, is) => {
    expect(isText(Buffer.from(text))).toBe(is);
  });

  test('is assembled', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'source-'));
    await writeFile(join(folder, 'a.wat'), ';; nothing\n(component)');
    const { bytes } = await readSource(join(folder, 'a.wat'));
    await rm(folder, { recursive: true });
    expect([...bytes.subarray(0, 8)]).toEqual([...COMPONENT]);
  });

  test.each([
    ['(component (oops))', /a\.wat is not valid text of WebAssembly, at 1:\d+: [^\n]+$/],
    ['(module)', /a\.wat is a core module, not a component/],
    ['(', /a\.wat is not valid text of WebAssembly, at 1:2: [^\n]+$/],
  ])('that is not a component, %j, is refused', async (text, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'source-'));
    await writeFile(join(folder, 'a.wat'), text);
    await expect(readSource(join(folder, 'a.wat'))).rejects.toThrow(message);
    await rm(folder, { recursive: true });
  });
});
