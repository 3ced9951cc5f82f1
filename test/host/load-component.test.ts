import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { createHost } from '../../src/host/create-host.ts';
import { loadComponent } from '../../src/host/load.ts';
import type { ComponentFile } from '../../src/host/to-source.ts';

const PATH = `${import.meta.dirname}/../../components/hello/hello.wasm`;
const bytes = readFileSync(PATH);
const buffer = new Uint8Array(bytes).buffer;

describe('a component is loaded from', () => {
  const files: [string, ComponentFile, string][] = [
    ['a path', PATH, PATH],
    ['a file: URL', pathToFileURL(PATH), PATH],
    ['a Buffer', bytes, 'component'],
    ['a Uint8Array', new Uint8Array(bytes), 'component'],
    ['an ArrayBuffer', buffer, 'component'],
    [
      'an ArrayBuffer of another realm',
      runInNewContext('new Uint8Array(bytes).buffer', { bytes: [...bytes] }),
      'component',
    ],
  ];
  test.each(files)('%s', async (_what, file, label) => {
    const component = await loadComponent(file, { cache: false });
    expect(component.byteLength).toBe(bytes.byteLength);
    expect(component.label.endsWith(label.split('/').at(-1) ?? '')).toBe(true);
    await using host = createHost(component);
    expect((await host.fetch(new Request('http://a.test/'))).status).toBe(200);
  });
});

test('bytes have the label that is given', async () => {
  await expect(loadComponent(new Uint8Array(3), { label: 'my.wasm' })).rejects.toThrow(/^my\.wasm /);
});

const detached = new ArrayBuffer(8);
structuredClone(detached, { transfer: [detached] });

test.each([
  ['undefined', undefined, /^cannot load undefined: pass a component's path, its file: URL, or its bytes/],
  ['null', null, /^cannot load null: /],
  ['a number', 7, /^cannot load 7: /],
  ['an empty path', '', /^cannot load an empty path: /],
  ['a promise', Promise.resolve(bytes), /^cannot load a Promise \(is an await missing\?\): /],
  ['a Response', new Response(bytes), /^cannot load a value of type Response: /],
  ['a compiled module', new WebAssembly.Module(Buffer.from('AGFzbQEAAAA=', 'base64')), /a value of type Module: /],
  ['a DataView', new DataView(buffer), /a value of type DataView: /],
  ['an object without a prototype', Object.create(null), /^cannot load an object: /],
  [
    'a URL that is not of a file',
    new URL('https://a.test/a.wasm'),
    /^cannot load https:.*: fetch it, and pass its bytes/,
  ],
  [
    'a file: URL of another machine',
    new URL('file://a.test/a.wasm'),
    /^cannot load file:.*not the URL of a local file/,
  ],
  ['a detached ArrayBuffer', detached, /^component: the ArrayBuffer is detached/],
])('%s is refused with a sentence', async (_what, file, message) => {
  const loading = loadComponent(file as ComponentFile);
  await expect(loading).rejects.toMatchObject({ name: 'HostError', code: 'bad-argument' });
  await expect(loading).rejects.toThrow(message);
});
