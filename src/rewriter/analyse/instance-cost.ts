import { contentOf, type CoreModule, readVector } from '../core-module.ts';
import { HEAP_BYTES } from './heap-bytes.ts';
import type { Instructions } from '../../wasm/instructions.ts';
import { FORGETS, OP, POPS } from '../../wasm/opcodes.ts';
import { reachGlobals } from './reach.ts';
import { readReferences, skipConstantExpression } from './references.ts';
import { notSupported } from '../../wasm/refusal.ts';
import { SECTION } from '../../wasm/sections.ts';
import { readLimits, readValueType } from '../../wasm/types.ts';

/** What an instance of a module takes before any code runs, apart from its memories. */
export interface InstanceCost {
  /** The elements of the tables that it defines. */
  readonly tableElements: number;
  /** The number of memories that it defines. */
  readonly memoryCount: number;
  /** The total of V8's heap, without the memories. */
  readonly heapBytes: number;
  /** What V8 takes in addition if JavaScript reads the tables: it creates a function object for each function in them. */
  readonly imageBytes: number;
}

/** Computes the cost of an instance. Throws `HostError` if it cannot be known. */
export function instanceCostOf(module: CoreModule): InstanceCost {
  const tables = module.tables.filter(({ imported }) => imported === undefined);
  const tableElements = tables.reduce((sum, { limits }) => sum + limits.initial, 0);
  const elementBytes = tables.reduce((sum, { element, limits }) => sum + limits.initial * elementBytesOf(element), 0);
  const mutable = reachGlobals(module);
  const byFunctions = mutable.filter(({ access }) => access === 'bits' || access === 'functions');
  const counts: readonly [bytes: number, count: number][] = [
    [HEAP_BYTES.instance, 1],
    [HEAP_BYTES.table, tables.length],
    [HEAP_BYTES.function, module.functionTypes.length],
    [HEAP_BYTES.importedFunction, module.importedFunctionCount],
    [HEAP_BYTES.export, module.exportNames.size],
    [HEAP_BYTES.global, module.globals.length],
    [HEAP_BYTES.mutableGlobal, mutable.length],
    // A function to read it and one to write it.
    [HEAP_BYTES.function + HEAP_BYTES.export, 2 * byFunctions.length],
    [HEAP_BYTES.tag, module.tags.length],
    [HEAP_BYTES.type, module.types.length],
  ];
  const counted = counts.reduce((sum, [bytes, count]) => sum + bytes * count, 0);
  return {
    tableElements,
    memoryCount: module.memories.filter(({ imported }) => imported === undefined).length,
    heapBytes: elementBytes + counted + valueBytes(module),
    imageBytes: tableElements * HEAP_BYTES.otherElement + module.references.size * HEAP_BYTES.export,
  };
}

/** The cost of element segments, and of constant expressions with the structs and arrays that they create. */
function valueBytes(module: CoreModule): number {
  const { bytes, sections } = module;
  const objects = new FirstObjects(module.fieldCounts);
  const visit = (instructions: Instructions): void => objects.note(instructions);
  let segmentBytes = 0;
  readVector(contentOf(bytes, sections, SECTION.element), (reader) => {
    segmentBytes += HEAP_BYTES.segment + HEAP_BYTES.segmentElement * readReferences(reader, new Set(), visit);
  });
  readVector(contentOf(bytes, sections, SECTION.global), (reader) => {
    readValueType(reader);
    reader.skip(1);
    skipConstantExpression(reader, undefined, visit);
  });
  readVector(contentOf(bytes, sections, SECTION.table), (reader) => {
    const hasValue = reader.bytes[reader.at] === 0x40;
    if (hasValue) reader.skip(2);
    readValueType(reader);
    readLimits(reader);
    if (hasValue) skipConstantExpression(reader, undefined, visit);
  });
  readVector(contentOf(bytes, sections, SECTION.data), (reader) => {
    const form = reader.u32();
    if (form === WITH_MEMORY) reader.u32();
    if (form !== PASSIVE) skipConstantExpression(reader, undefined, visit);
    reader.skip(reader.u32());
  });
  return segmentBytes + objects.heapBytes;
}

/** The forms of data segments. Source: core specification 3.0, 5.5.14. */
const PASSIVE = 1;
const WITH_MEMORY = 2;

/** Adds up the cost of constant expressions. */
class FirstObjects {
  readonly #fieldCounts: readonly number[];
  heapBytes = 0;
  /** The result of the previous instruction, if it is a constant. */
  #constant: number | undefined;

  constructor(fieldCounts: readonly number[]) {
    this.#fieldCounts = fieldCounts;
  }

  note({ code, index, index2, start }: Instructions): void {
    const pops = POPS[code] as number;
    if (pops > 0 && pops !== FORGETS) this.heapBytes += HEAP_BYTES.operation;
    if (code === OP.structNew || code === OP.structNewDefault) this.#make(this.#fieldCounts[index] ?? 0);
    else if (code === OP.arrayNewFixed) this.#make(index2);
    else if (code === OP.arrayNew || code === OP.arrayNewDefault) {
      if (this.#constant === undefined) {
        throw notSupported('an array of computed length in a constant expression', start);
      }
      this.#make(this.#constant);
    }
    this.#constant = code === OP.i32Const ? index >>> 0 : undefined;
  }

  /** A vector counts as two fields. */
  #make(fields: number): void {
    this.heapBytes += HEAP_BYTES.object + fields * 2 * HEAP_BYTES.field;
  }
}

/** Reference types whose values are not functions. */
const OTHER_REFERENCES = /extern|exn|any|eq|i31|struct|array|nullref/;

/** The most that a table element takes, besides what it refers to. */
function elementBytesOf(type: string): number {
  return OTHER_REFERENCES.test(type) ? HEAP_BYTES.otherElement : HEAP_BYTES.functionElement;
}
