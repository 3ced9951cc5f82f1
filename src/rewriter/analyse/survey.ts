import { Instructions } from '../../wasm/instructions.ts';
import { IMMEDIATE, IMMEDIATES, OP } from '../../wasm/opcodes.ts';
import { endOfShortForm } from '../../wasm/short-forms.ts';

/** V8 refuses functions with more locals. */
export const MAX_LOCALS = 50_000;

/** Looks ahead through loops: where each local is assigned last. */
export class Survey {
  readonly #instructions: Instructions;
  /** By local: where the loop that was gone through assigns it last. Of locals that it does not assign, a place before the loop, or -1. */
  readonly lastAssignments = new Int32Array(MAX_LOCALS).fill(-1);

  constructor(bytes: Uint8Array) {
    this.#instructions = new Instructions(bytes);
  }

  /** Begins a function body, whose loops come in their order. */
  enter(localCount: number): void {
    this.lastAssignments.fill(-1, 0, localCount);
  }

  /** Goes through a loop that is inside no other, from its first instruction to its `end`, which comes before `end`. */
  enterLoop(at: number, end: number): void {
    const instructions = this.#instructions;
    const { bytes } = instructions;
    instructions.enter(at, end);
    let depth = 1;
    for (let next = at; next < end && depth > 0;) {
      const code = bytes[next] as number;
      const isAssignment = code === OP.localSet || code === OP.localTee;
      if (isAssignment && (bytes[next + 1] as number) < 0x80) {
        this.lastAssignments[bytes[next + 1] as number] = next;
        next += 2;
        continue;
      }
      if (code === OP.end || code === OP.delegate) depth--;
      else if (IMMEDIATES[code] === IMMEDIATE.block || code === OP.tryTable) depth++;
      const start = next;
      if (!isAssignment) next = endOfShortForm(bytes, start);
      if (next === start) next = this.#passClosely(start);
    }
  }

  #passClosely(start: number): number {
    const instructions = this.#instructions;
    instructions.at = start;
    instructions.next();
    const { code, index } = instructions;
    if ((code === OP.localSet || code === OP.localTee) && index < MAX_LOCALS) this.lastAssignments[index] = start;
    return instructions.at;
  }
}
