import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';
import { decodeComponent } from '../../src/component/decode.ts';
import type { ComponentDefinition, Definition } from '../../src/component/definitions.ts';
import { createSource } from '../../src/component/source.ts';
import { guestFile } from './guests.ts';

/** What passes between the two, and out of the whole. */
const HANDLER = 'wasi:http/incoming-handler@0.2.12';

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0] as const;
const SECTION = { coreModule: 1, component: 4, instance: 5, alias: 6, export: 11 } as const;
const SORT_INSTANCE = 0x05;

/** As `compose`, of two guests in components/. */
export async function composeGuests(middleware: string, handler: string): Promise<Uint8Array> {
  return await compose(await readGuest(middleware), await readGuest(handler));
}

/**
 * A component around two: it hands on what WASI it imports, and the handler `inner` to the middleware `front`.
 *
 * What `wac plug --plug HANDLER MIDDLEWARE` makes. Source: component-model `Binary.md`.
 */
export async function compose(front: Uint8Array, inner: Uint8Array): Promise<Uint8Array> {
  const outer = await importsOfProxy();
  const handlerInstance = outer.imports.length;
  const passedOn = new Map(outer.imports.map((imported, index) => [withoutVersion(imported), index]));
  const toHandler = argsOf(inner, passedOn);
  const toMiddleware = argsOf(front, new Map([...passedOn, [withoutVersion(HANDLER), handlerInstance + 1]]));
  return Uint8Array.from([
    ...PREAMBLE,
    ...outer.bytes,
    ...section(SECTION.component, inner),
    ...section(SECTION.component, front),
    ...section(SECTION.instance, [1, 0x00, ...leb(0), ...toHandler]),
    ...section(SECTION.alias, [1, SORT_INSTANCE, 0x00, ...leb(handlerInstance), ...name(HANDLER)]),
    ...section(SECTION.instance, [1, 0x00, ...leb(1), ...toMiddleware]),
    ...section(SECTION.alias, [1, SORT_INSTANCE, 0x00, ...leb(handlerInstance + 2), ...name(HANDLER)]),
    ...section(SECTION.export, [1, 0x00, ...name(HANDLER), SORT_INSTANCE, ...leb(handlerInstance + 3), 0x00]),
  ]);
}

/** The sections with which a component imports all that a proxy may, and the names in their order. */
async function importsOfProxy(): Promise<{ readonly bytes: Uint8Array; readonly imports: readonly string[] }> {
  const witPath = join(import.meta.dirname, '../../wit');
  const bytes = await componentNew(await componentEmbed({ dummy: true, witPath, world: 'proxy' }), []);
  return { bytes: bytes.subarray(PREAMBLE.length, firstModuleAt(bytes)), imports: importNames(decode(bytes)) };
}

function firstModuleAt(bytes: Uint8Array): number {
  const modules = decode(bytes).definitions.filter(
    (d): d is Definition & { at: 'core module' } => d.at === 'core module',
  );
  const contents = modules[0]?.offset ?? bytes.byteLength;
  return contents - 1 - leb(modules[0]?.bytes.byteLength ?? 0).length;
}

/** The arguments that a guest is instantiated with: each of its imports from the instance that `from` has. */
function argsOf(component: Uint8Array, from: ReadonlyMap<string, number>): number[] {
  const names = importNames(decode(component));
  const args = names.map((imported) => {
    const instance = from.get(withoutVersion(imported));
    if (instance === undefined) throw new Error(`nothing gives ${imported}`);
    return [...name(imported), SORT_INSTANCE, ...leb(instance)];
  });
  return [...leb(args.length), ...args.flat()];
}

function decode(bytes: Uint8Array): ComponentDefinition {
  return decodeComponent(createSource('a guest', bytes));
}

function importNames({ definitions }: ComponentDefinition): string[] {
  return definitions.flatMap((definition) => (definition.at === 'import' ? [definition.name] : []));
}

async function readGuest(guest: string): Promise<Uint8Array> {
  return await readFile(guestFile(guest));
}

function withoutVersion(interfaceName: string): string {
  return interfaceName.replace(/@.*/, '');
}

function* section(id: number, contents: Iterable<number>): Iterable<number> {
  const bytes = [...contents];
  yield id;
  yield* leb(bytes.length);
  yield* bytes;
}

function name(text: string): number[] {
  const bytes = Buffer.from(text);
  return [...leb(bytes.length), ...bytes];
}

/** An unsigned LEB128 number. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}
