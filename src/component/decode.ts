import type {
  ComponentDefinition,
  CoreTypeDefinition,
  Declaration,
  Definition,
  TypeDefinition,
} from './definitions.ts';
import { decodeAlias, decodeCoreAlias } from './decode-alias.ts';
import { decodeCanon } from './decode-canon.ts';
import { decodeCoreInstanceExpr, decodeExport, decodeImport, decodeInstanceExpr } from './decode-instance.ts';
import { decodeExternName, decodeExternType } from './decode-names.ts';
import { decodeTypeDefinition } from './decode-type.ts';
import { Reader, type ReadState } from './reader.ts';
import type { ComponentSource } from './source.ts';
import { DEFAULT_LIMITS, type InstanceLimits } from '../util/limits.ts';

const PREAMBLE_BYTES = 8;

type DecodeLimits = Pick<InstanceLimits, 'maxComponentItems' | 'maxNesting'>;

/**
 * Decodes a component: every definition in order, nested ones too. Core modules stay bytes.
 *
 * Throws `HostError` with the offset of the byte that is wrong. Source: component-model `Binary.md`.
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
  if (id === 4) return [{ at: 'component', component: decodeNested(section, depth + 1) }];
  const decodeItem = SECTION_ITEMS.get(id);
  if (decodeItem === undefined) return refuseSection(id, section);
  const definitions = section.vec((reader) => decodeItem(reader, depth));
  section.assertAtEnd(`section ${id}`);
  return definitions;
}

const SECTION_ITEMS: ReadonlyMap<number, (reader: Reader, depth: number) => Definition> = new Map<
  number,
  (reader: Reader, depth: number) => Definition
>([
  [2, (reader) => ({ at: 'core instance', expr: decodeCoreInstanceExpr(reader) })],
  [3, (reader) => ({ at: 'core type', type: decodeCoreType(reader) })],
  [5, (reader) => ({ at: 'instance', expr: decodeInstanceExpr(reader) })],
  [6, (reader) => ({ at: 'alias', alias: decodeAlias(reader) })],
  [7, (reader, depth) => ({ at: 'type', type: decodeType(reader, depth) })],
  [8, (reader) => ({ at: 'canon', offset: reader.offset, canon: decodeCanon(reader) })],
  [10, (reader) => decodeImport(reader)],
  [11, (reader) => decodeExport(reader)],
]);

function refuseSection(id: number, section: Reader): never {
  if (id === 9 || id === 12) return section.refuse('start and value sections are not part of WASI 0.2');
  return section.fail(`there is no section ${id} in a component`);
}

function decodeNested(section: Reader, depth: number): ComponentDefinition {
  section.checkNesting(depth, 'components');
  const preamble = section.take(PREAMBLE_BYTES);
  if (preamble[6] !== 1 || preamble[4] !== 0x0d) section.fail('a nested component does not begin like one');
  return decodeBody(section, depth);
}

/** A type that may hold declarations, which are decoded here because they nest. */
function decodeType(reader: Reader, depth: number): TypeDefinition {
  return decodeTypeDefinition(reader, (part) => decodeDeclaration(part, depth + 1));
}

/** One item of a component type or an instance type. */
function decodeDeclaration(reader: Reader, depth: number): Declaration {
  reader.checkNesting(depth, 'types');
  const opcode = reader.byte();
  switch (opcode) {
    case 0x00:
      return { at: 'core type', type: decodeCoreType(reader) };
    case 0x01:
      return { at: 'type', type: decodeType(reader, depth) };
    case 0x02:
      return { at: 'alias', alias: decodeAlias(reader) };
    case 0x03:
      return { at: 'import', name: decodeExternName(reader), type: decodeExternType(reader) };
    case 0x04:
      return { at: 'export', name: decodeExternName(reader), type: decodeExternType(reader) };
    default:
      return reader.fail(`0x${opcode.toString(16)} begins no declaration`);
  }
}

/** A core function type or module type; only its extent matters. Source: "core:type". */
function decodeCoreType(reader: Reader): CoreTypeDefinition {
  const opcode = reader.byte();
  if (opcode === 0x60) {
    skipFuncType(reader);
    return 'function';
  }
  if (opcode !== 0x50) return reader.refuse('a core type that is neither a function nor a module');
  reader.vec(skipModuleDeclaration);
  return 'module';
}

function skipFuncType(reader: Reader): void {
  reader.vec(skipCoreValType);
  reader.vec(skipCoreValType);
}

function skipCoreValType(reader: Reader): void {
  const opcode = reader.byte();
  if (opcode === 0x63 || opcode === 0x64) reader.u32();
}

function skipModuleDeclaration(reader: Reader): void {
  const opcode = reader.byte();
  if (opcode === 0x00) {
    reader.name();
    reader.name();
    skipCoreExternType(reader);
  } else if (opcode === 0x01) decodeModuleDeclaredType(reader);
  else if (opcode === 0x02) decodeCoreAlias(reader);
  else if (opcode === 0x03) {
    reader.name();
    skipCoreExternType(reader);
  } else reader.fail(`0x${opcode.toString(16)} begins no declaration of a module type`);
}

/** Module types do not nest. Source: `core:moduledecl`. */
function decodeModuleDeclaredType(reader: Reader): void {
  if (reader.peek() === 0x50) reader.fail('a module type is defined inside a module type');
  decodeCoreType(reader);
}

function skipCoreExternType(reader: Reader): void {
  const sort = reader.byte();
  if (sort === 0x01 || sort === 0x03) skipCoreValType(reader);
  if (sort === 0x01 || sort === 0x02) skipLimits(reader);
  else if (sort === 0x03) reader.byte();
  else if (sort === 0x04) reader.byte();
  if (sort === 0x00 || sort === 0x04) reader.u32();
}

function skipLimits(reader: Reader): void {
  const flags = reader.byte();
  reader.u32();
  if ((flags & 1) !== 0) reader.u32();
}

/** The component's own name, from the first subsection of `component-name`. */
function decodeCustom(section: Reader): string | undefined {
  if (section.name() !== 'component-name' || section.isAtEnd || section.byte() !== 0) return undefined;
  return section.part(section.u32()).name();
}
