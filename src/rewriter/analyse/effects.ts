import { isStore } from '../emit/helper-functions.ts';
import { OP } from '../../wasm/opcodes.ts';

/** Effects of the bodies that the host has to know about. */
export type Effects = {
  writesMemory: boolean;
  writesTables: boolean;
  /** Whether there is a `data.drop` or `elem.drop`, which a reset cannot undo. */
  dropsSegments: boolean;
};

/** Whether `noteEffects` must see an instruction. */
export function hasEffect(code: number): boolean {
  return isStore(code) || code === OP.tableSet || (code >= OP.memoryInit && code <= OP.tableFill);
}

/** Records the effect of the instruction `code`. */
export function noteEffects(effects: Effects, code: number): void {
  if (isStore(code) || code === OP.memoryInit || code === OP.memoryCopy || code === OP.memoryFill) {
    effects.writesMemory = true;
  } else if (code === OP.dataDrop || code === OP.elemDrop) effects.dropsSegments = true;
  else if (hasEffect(code) && code !== OP.tableSize) effects.writesTables = true;
}
