import { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { CoreModule } from './core-module.ts';
import { type Helpers, isStore } from './helpers.ts';
import { Instructions } from './instructions.ts';
import { Marking } from './marking.ts';
import { OP } from './opcodes.ts';
import { malformed } from './refusal.ts';
import { readValueType } from './types.ts';
import { MAX_LOCALS } from './values.ts';

/** What the bodies do that the host has to know of. */
export type Effects = {
  writesMemory: boolean;
  writesTables: boolean;
  /** Whether a `data.drop` or `elem.drop` is there, which no reset takes back. */
  dropsSegments: boolean;
};

/** Rewrites function bodies. They must come in the module's order. */
export class Bodies {
  readonly #module: CoreModule;
  readonly #output: ByteWriter;
  readonly #instructions: Instructions;
  /** `undefined` where stores are not marked. */
  readonly #marking: Marking | undefined;
  readonly effects: Effects = { writesMemory: false, writesTables: false, dropsSegments: false };
  #touchesMemory = false;

  constructor(module: CoreModule, output: ByteWriter, helpers: Helpers | undefined) {
    this.#module = module;
    this.#output = output;
    this.#instructions = new Instructions(module.bytes);
    this.#marking = helpers && new Marking(module, this.#instructions, output, helpers);
  }

  /** Appends the body in `[at, end)` of function `index` to the output, its length before it. */
  rewrite(at: number, end: number, index: number): void {
    const reader = new ByteReader(this.#module.bytes, at, end);
    const localCount = this.#skipLocals(reader, index);
    const bodyStart = this.#output.length;
    this.#survey(reader.at, end);
    if (this.#marking === undefined || !this.#touchesMemory) this.#output.copy(this.#module.bytes, at, end);
    else {
      this.#output.copy(this.#module.bytes, at, reader.at);
      this.#marking.rewrite(reader.at, end, localCount);
    }
    this.#output.prefixLength(bodyStart);
  }

  /** Gives the count of locals, params with them. */
  #skipLocals(reader: ByteReader, index: number): number {
    const start = reader.at;
    const type = this.#module.types[this.#module.functionTypes[index] ?? -1];
    if (type === undefined) throw malformed(`function ${index}, whose type is none of a function,`, start);
    let count = type.params;
    for (let groups = reader.count(); groups > 0; groups--) {
      count += reader.u32();
      readValueType(reader);
    }
    if (count > MAX_LOCALS) throw malformed(`function ${index} with more than ${MAX_LOCALS} locals`, start);
    return count;
  }

  #survey(at: number, end: number): void {
    const instructions = this.#instructions;
    instructions.enter(at, end);
    this.#touchesMemory = false;
    while (instructions.at < end) {
      instructions.next();
      const { code } = instructions;
      if (code === OP.localSet || code === OP.localTee) this.#marking?.noteAssignment();
      else if (code >= OP.tableSet) this.#note(code);
    }
    if (instructions.code !== OP.end) throw malformed('a function body that does not end', at);
  }

  #note(code: number): void {
    if (code === OP.memorySize || code === OP.memoryGrow) this.#touchesMemory = true;
    else if (isStore(code) || code === OP.memoryInit || code === OP.memoryCopy || code === OP.memoryFill) {
      this.#touchesMemory = true;
      this.effects.writesMemory = true;
    } else if (code === OP.dataDrop || code === OP.elemDrop) this.effects.dropsSegments = true;
    else if (code === OP.tableSet || (code >= OP.tableInit && code <= OP.tableFill && code !== OP.tableSize)) {
      this.effects.writesTables = true;
    }
  }
}
