import { isStore } from '../emit/helper-functions.ts';
import { OP } from '../../wasm/opcodes.ts';

/** What the bodies do that the host has to know of. */
export type Effects = {
  writesMemory: boolean;
  writesTables: boolean;
  /** Whether a `data.drop` or `elem.drop` is there, which no reset takes back. */
  dropsSegments: boolean;
};

/** Whether `noteEffects` has to know of an instruction. */
export function hasEffect(code: number): boolean {
  return isStore(code) || code === OP.tableSet || (code >= OP.memoryInit && code <= OP.tableFill);
}

/** Notes what the instruction `code` does. */
export function noteEffects(effects: Effects, code: number): void {
  if (isStore(code) || code === OP.memoryInit || code === OP.memoryCopy || code === OP.memoryFill) {
    effects.writesMemory = true;
  } else if (code === OP.dataDrop || code === OP.elemDrop) effects.dropsSegments = true;
  else if (hasEffect(code) && code !== OP.tableSize) effects.writesTables = true;
}
