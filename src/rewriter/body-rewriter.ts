import { ByteReader } from '../wasm/byte-reader.ts';
import type { ByteWriter } from '../wasm/byte-writer.ts';
import { CheckPass } from './check-pass.ts';
import type { CompileTimes } from './analyse/compile-bounds.ts';
import type { CoreModule } from './core-module.ts';
import { type Effects, noteEffects } from './analyse/effects.ts';
import { Instructions } from '../wasm/instructions.ts';
import { MarkPass, type Replacements } from './mark-pass.ts';
import { OP } from '../wasm/opcodes.ts';
import { malformed } from '../wasm/refusal.ts';
import type { UnlikelyBranches } from './emit/branch-hints.ts';
import { MAX_LOCALS } from './analyse/survey.ts';
import { readValueType } from '../wasm/types.ts';

/** What to insert into bodies. */
export type BodyChanges = Replacements & {
  readonly marks: 'on' | 'off';
  /** `undefined` if the times are not known. */
  readonly times: CompileTimes | undefined;
};

/** Rewrites function bodies. */
export class BodyRewriter {
  readonly #module: CoreModule;
  readonly #output: ByteWriter;
  readonly #instructions: Instructions;
  /** `undefined` if bodies stay unchanged. */
  readonly #changing: MarkPass | CheckPass | undefined;
  /** For each function, the last first: the offsets of unlikely branches from the body's start. */
  readonly unlikely: UnlikelyBranches[] = [];
  readonly effects: Effects = { writesMemory: false, writesTables: false, dropsSegments: false };

  constructor(module: CoreModule, output: ByteWriter, changes: BodyChanges | undefined) {
    this.#module = module;
    this.#output = output;
    this.#instructions = new Instructions(module.bytes);
    if (changes === undefined) return;
    const parts = { ...changes, module, instructions: this.#instructions, output, effects: this.effects };
    this.#changing = changes.marks === 'on' ? new MarkPass(parts) : new CheckPass(parts);
  }

  /** Appends the body in `[at, end)` of function `index` to the output, with its length. */
  rewrite(at: number, end: number, index: number): void {
    const reader = new ByteReader(this.#module.bytes, at, end);
    const localCount = this.#skipLocals(reader, index);
    const bodyStart = this.#output.length;
    if (this.#changing === undefined) {
      this.#noteEffects(reader.at, end);
      this.#output.copy(this.#module.bytes, at, end);
    } else {
      this.#output.copy(this.#module.bytes, at, reader.at);
      this.#changing.rewrite(reader.at, end, { index, localCount });
    }
    const branches = this.#output.takeUnlikely(bodyStart);
    if (branches.length > 0) this.unlikely.push({ index, branches });
    this.#output.prefixLength(bodyStart);
  }

  /** Returns the number of locals, including params. */
  #skipLocals(reader: ByteReader, index: number): number {
    const start = reader.at;
    const type = this.#module.types[this.#module.functionTypes[index] ?? -1];
    if (type === undefined) throw malformed(`function ${index} without a function type`, start);
    let count = type.params;
    for (let groups = reader.count(); groups > 0; groups--) {
      count += reader.u32();
      readValueType(reader);
    }
    if (count > MAX_LOCALS) throw malformed(`function ${index} with more than ${MAX_LOCALS} locals`, start);
    return count;
  }

  #noteEffects(at: number, end: number): void {
    const instructions = this.#instructions;
    instructions.enter(at, end);
    while (instructions.at < end) {
      instructions.next();
      noteEffects(this.effects, instructions.code);
    }
    if (instructions.code !== OP.end) throw malformed('function body without an end', at);
  }
}
