import type { ByteReader } from '../../wasm/byte-reader.ts';
import { readVector } from '../../rewriter/core-module.ts';
import { malformed, notSupported } from '../../wasm/refusal.ts';
import { readValueType } from '../../wasm/types.ts';
import { type CoreFuncType, type CoreFuncTypes, MAX_CORE_VALUES, funcKey } from './core-types.ts';

const FORM = { func: 0x60, struct: 0x5f, array: 0x5e, sub: 0x50, final: 0x4f, rec: 0x4e } as const;

/** A type of a module in a form comparable across modules: each reference in it is the number of the type that it refers to. */
interface TableEntry {
  readonly id: number;
  readonly func: CoreFuncType | undefined;
}

/** A type whose recursion group is still being read. */
interface Draft {
  /** Its text, in which references into its own group are positions in the group. */
  readonly text: string;
  readonly supertype: number | undefined;
  readonly func: Pick<CoreFuncType, 'params' | 'results'> | undefined;
}

/** The types of one core module, by index. */
export class CoreTypeTable {
  readonly #interner: CoreFuncTypes;
  readonly #entries: TableEntry[] = [];

  constructor(interner: CoreFuncTypes) {
    this.#interner = interner;
  }

  /** Reads the index of a function type, and returns the type. */
  funcAt(reader: ByteReader): CoreFuncType {
    const start = reader.at;
    const index = reader.u32();
    const func = this.#entries[index]?.func;
    if (func === undefined) throw malformed(`unknown function type ${index}`, start);
    return func;
  }

  /** A value type as `readValueType` returns it, with the number of the type that it refers to instead of an index. */
  resolve(text: string): string {
    const nullable = /^ref null (?<name>[a-z]\w*)$/.exec(text)?.groups?.['name'];
    if (nullable !== undefined) return nullable;
    const reference = /^(?<kind>ref (?:null )?)(?<index>\d+)$/.exec(text)?.groups;
    if (reference === undefined) return text;
    const index = Number(reference['index']);
    return `${reference['kind']}#${this.#entries[index]?.id ?? `rec.${index - this.#entries.length}`}`;
  }

  /** Adds a recursion group. Equal groups, even of different modules, are the same types. */
  addGroup(drafts: readonly Draft[]): void {
    const [only] = drafts;
    const start = this.#entries.length;
    const isPlain = drafts.length === 1 && only?.func !== undefined && only.supertype === undefined;
    const group = isPlain ? undefined : this.#groupId(drafts);
    for (const [place, draft] of drafts.entries()) {
      const key = group === undefined ? draft.text : `rec#${group}.${place}`;
      const supertype = draft.supertype === undefined ? undefined : this.#entries[draft.supertype]?.func;
      const make = (): CoreFuncType | undefined => draft.func && { ...draft.func, supertype };
      this.#entries[start + place] = this.#interner.intern(key, make);
    }
  }

  #groupId(drafts: readonly Draft[]): number {
    const text = drafts.map((draft) => draft.text).join(';');
    return this.#interner.intern(`rec(${text})`, () => undefined).id;
  }
}

/** Reads the type section. */
export function decodeCoreTypes(interner: CoreFuncTypes, section: ByteReader | undefined): CoreTypeTable {
  const table = new CoreTypeTable(interner);
  readVector(section, (reader) => {
    const drafts: Draft[] = [];
    if (reader.bytes[reader.at] !== FORM.rec) drafts.push(readSubType(reader, table));
    else {
      reader.skip(1);
      for (let rest = reader.count(); rest > 0; rest -= 1) drafts.push(readSubType(reader, table));
    }
    table.addGroup(drafts);
  });
  return table;
}

function readSubType(reader: ByteReader, table: CoreTypeTable): Draft {
  const form = reader.bytes[reader.at];
  if (form !== FORM.sub && form !== FORM.final) return { ...readComposite(reader, table), supertype: undefined };
  reader.skip(1);
  const supertypes: number[] = [];
  for (let rest = reader.count(); rest > 0; rest -= 1) supertypes.push(reader.u32());
  const composite = readComposite(reader, table);
  const above = supertypes.map((index) => table.resolve(`ref ${index}`)).join();
  // A final type without a supertype is what the short form means.
  const isShort = form === FORM.final && supertypes.length === 0;
  const text = isShort ? composite.text : `${form === FORM.final ? 'final' : 'sub'}(${above}) ${composite.text}`;
  return { text, func: composite.func, supertype: supertypes[0] };
}

function readComposite(reader: ByteReader, table: CoreTypeTable): Pick<Draft, 'text' | 'func'> {
  const start = reader.at;
  const form = reader.byte();
  if (form === FORM.func) {
    const func = { params: readValueTypes(reader, table), results: readValueTypes(reader, table) };
    return { text: funcKey(func.params, func.results), func };
  }
  if (form === FORM.array) return { text: `array(${readField(reader, table)})`, func: undefined };
  if (form !== FORM.struct) throw notSupported(`a type with form 0x${form.toString(16)}`, start);
  const fields: string[] = [];
  for (let rest = reader.count(); rest > 0; rest -= 1) fields.push(readField(reader, table));
  return { text: `struct(${fields.join()})`, func: undefined };
}

function readValueTypes(reader: ByteReader, table: CoreTypeTable): string[] {
  const types: string[] = [];
  const start = reader.at;
  const count = reader.count();
  if (count > MAX_CORE_VALUES) throw malformed(`a function with ${count} parameters or results`, start);
  for (let rest = count; rest > 0; rest -= 1) types.push(table.resolve(readValueType(reader)));
  return types;
}

function readField(reader: ByteReader, table: CoreTypeTable): string {
  return `${table.resolve(readValueType(reader))} ${reader.byte()}`;
}
