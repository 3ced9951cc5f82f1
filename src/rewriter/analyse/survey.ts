import { Instructions } from '../../wasm/instructions.ts';
import { IMMEDIATE, IMMEDIATES, OP } from '../../wasm/opcodes.ts';
import { endOfShortForm } from '../../wasm/short-forms.ts';

/** V8 refuses functions with more locals. */
export const MAX_LOCALS = 50_000;

/** Scans loops ahead, to find the last assignment of each local. */
export class Survey {
  readonly #instructions: Instructions;
  /** By local: the position of its last assignment in the scanned loop. If the loop does not assign it, a position before the loop, or -1. */
  readonly lastAssignments = new Int32Array(MAX_LOCALS).fill(-1);

  constructor(bytes: Uint8Array) {
    this.#instructions = new Instructions(bytes);
  }

  /** Starts a function body, whose loops must be entered in order. */
  enter(localCount: number): void {
    this.lastAssignments.fill(-1, 0, localCount);
  }

  /** Scans an outermost loop, from its first instruction to its `end` instruction, which comes before `end`. */
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
