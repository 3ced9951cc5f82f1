import type { BodyEditor } from './body-editor.ts';
import type { CoreModule } from '../core-module.ts';
import type { HelperFunctions } from './helper-functions.ts';
import type { HostFunction } from './host-functions.ts';
import type { Instructions } from '../../wasm/instructions.ts';
import { malformed } from '../../wasm/refusal.ts';

/** What the rewriting of bodies works with, as far as tables grow. */
export type TableGrowthParts = {
  readonly module: CoreModule;
  readonly helpers: HelperFunctions;
  readonly instructions: Instructions;
  /** Asked before a table grows; `undefined` where none does. */
  readonly takeElements: HostFunction | undefined;
};

/** Puts calls of helpers in the place of `table.grow`. */
export class TableGrowth {
  readonly #parts: TableGrowthParts;
  readonly #copy: BodyEditor;

  constructor(parts: TableGrowthParts, copy: BodyEditor) {
    this.#parts = parts;
    this.#copy = copy;
  }

  /** Replaces the `table.grow` that was read last. */
  replace(): void {
    const { module, helpers, instructions, takeElements } = this.#parts;
    if (takeElements === undefined) return;
    const table = module.tables[instructions.index];
    if (table === undefined) throw malformed('a reference to a table that is not there', instructions.start);
    const type = Array.from(module.bytes.subarray(table.elementAt, table.limitsAt));
    this.#copy.replaceByCall(helpers.growTable(table.index, type, takeElements));
  }
}
