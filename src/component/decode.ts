import type { ComponentDefinition, Declaration, Definition, TypeDefinition } from './definitions.ts';
import { decodeAlias } from './decode-alias.ts';
import { decodeCanon } from './decode-canon.ts';
import { decodeCoreType } from './decode-core-type.ts';
import { decodeCoreInstanceExpr, decodeExport, decodeImport, decodeInstanceExpr } from './decode-instance.ts';
import { decodeExternName, decodeExternType } from './decode-sort.ts';
import { decodeTypeDefinition } from './decode-type.ts';
import { Reader, type ReadState } from './reader.ts';
import type { ComponentSource } from './source.ts';
import { HostError } from '../util/host-error.ts';
import { DEFAULT_LIMITS, type InstanceLimits } from '../util/limits.ts';

/** Version 13 of layer 1. Source: "preamble" in component-model `Binary.md`. */
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00] as const;
const PREAMBLE_BYTES = PREAMBLE.length;

type DecodeLimits = Pick<InstanceLimits, 'maxComponentItems' | 'maxNesting'>;

/**
 * Decodes a component: every definition in order, including nested ones. Core modules stay bytes.
 *
 * Throws `HostError` with the offset of the invalid byte. Source: component-model `Binary.md`.
 */
export function decodeComponent(
  { label, bytes }: ComponentSource,
  { maxComponentItems, maxNesting }: DecodeLimits = DEFAULT_LIMITS,
): ComponentDefinition {
  const state: ReadState = { label, bytes, maxNesting, itemsLeft: maxComponentItems };
  return decodeBody(new Reader(state, PREAMBLE_BYTES, bytes.byteLength), 0);
}

/** The sections of a component, after its preamble. */
function decodeBody(reader: Reader, depth: number): ComponentDefinition {
  const definitions: Definition[] = [];
  let name: string | undefined;
  while (!reader.isAtEnd) {
    reader.countItem();
    const id = reader.byte();
    const section = reader.part(reader.u32());
    if (id === SECTION_CUSTOM) name = decodeCustom(section) ?? name;
    else for (const definition of decodeSection(id, section, depth)) definitions.push(definition);
  }
  return { definitions, name };
}

const SECTION_CUSTOM = 0;

function decodeSection(id: number, section: Reader, depth: number): Definition[] {
  if (id === 1) return [{ at: 'core module', offset: section.offset, bytes: section.rest() }];
  if (id === 4) return [{ at: 'component', offset: section.offset, component: decodeNested(section, depth + 1) }];
  const decodeItem = SECTION_ITEMS.get(id);
  if (decodeItem === undefined) return refuseSection(id, section);
  const definitions = section.vec((reader) => ({ offset: reader.offset, ...decodeItem(reader, depth) }));
  section.assertAtEnd(`section ${id}`);
  return definitions;
}

type Unlocated<T> = T extends unknown ? Omit<T, 'offset'> : never;
type DecodeItem = (reader: Reader, depth: number) => Unlocated<Definition>;

const SECTION_ITEMS: ReadonlyMap<number, DecodeItem> = new Map<number, DecodeItem>([
  [2, (reader) => ({ at: 'core instance', expr: decodeCoreInstanceExpr(reader) })],
  [3, (reader) => ({ at: 'core type', type: decodeCoreType(reader) })],
  [5, (reader) => ({ at: 'instance', expr: decodeInstanceExpr(reader) })],
  [6, (reader) => ({ at: 'alias', alias: decodeAlias(reader) })],
  [7, (reader, depth) => ({ at: 'type', type: decodeType(reader, depth) })],
  [8, (reader) => ({ at: 'canon', canon: decodeCanon(reader) })],
  [10, (reader) => decodeImport(reader)],
  [11, (reader) => decodeExport(reader)],
]);

function refuseSection(id: number, section: Reader): never {
  if (id === 9 || id === 12) return section.refuse('start and value sections are not part of WASI 0.2');
  return section.fail(`unknown section ${id}`);
}

function decodeNested(section: Reader, depth: number): ComponentDefinition {
  section.checkNesting(depth, 'components');
  const preamble = section.take(PREAMBLE_BYTES);
  if (PREAMBLE.some((byte, index) => preamble[index] !== byte)) section.fail('invalid preamble of a nested component');
  return decodeBody(section, depth);
}

/** A type that may contain declarations, which are decoded here because they nest. */
function decodeType(reader: Reader, depth: number): TypeDefinition {
  return decodeTypeDefinition(reader, (part) => decodeDeclaration(part, depth + 1));
}

function decodeDeclaration(reader: Reader, depth: number): Declaration {
  reader.checkNesting(depth, 'types');
  return { offset: reader.offset, ...decodeUnlocated(reader, depth) };
}

/** One item of a component type or an instance type. */
function decodeUnlocated(reader: Reader, depth: number): Unlocated<Declaration> {
  const opcode = reader.byte();
  switch (opcode) {
    case 0x00:
      return { at: 'core type', type: decodeCoreType(reader) };
    case 0x01:
      return { at: 'type', type: decodeType(reader, depth) };
    case 0x02:
      return { at: 'alias', alias: decodeAlias(reader) };
    case 0x03:
      return { at: 'import', ...decodeExternName(reader), type: decodeExternType(reader) };
    case 0x04:
      return { at: 'export', ...decodeExternName(reader), type: decodeExternType(reader) };
    default:
      return reader.fail(`invalid declaration 0x${opcode.toString(16)}`);
  }
}

/** The component's own name, from the first subsection of `component-name`. Damage in a custom section does not make a component invalid. */
function decodeCustom(section: Reader): string | undefined {
  if (section.name() !== 'component-name') return undefined;
  try {
    return section.isAtEnd || section.byte() !== 0 ? undefined : section.part(section.u32()).name();
  } catch (error) {
    if (error instanceof HostError) return undefined;
    throw error;
  }
}
