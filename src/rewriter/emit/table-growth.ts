import type { BodyEditor } from './body-editor.ts';
import type { CoreModule } from '../core-module.ts';
import type { HelperFunctions } from './helper-functions.ts';
import type { HostFunction } from './host-functions.ts';
import type { Instructions } from '../../wasm/instructions.ts';
import { malformed } from '../../wasm/refusal.ts';

/** The dependencies of `TableGrowth`. */
export type TableGrowthParts = {
  readonly module: CoreModule;
  readonly helpers: HelperFunctions;
  readonly instructions: Instructions;
  /** Called before a table grows; `undefined` if none does. */
  readonly takeElements: HostFunction | undefined;
};

/** Replaces `table.grow` by calls of helpers. */
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
    if (table === undefined) throw malformed('reference to an unknown table', instructions.start);
    const type = Array.from(module.bytes.subarray(table.elementAt, table.limitsAt));
    this.#copy.replaceByCall(helpers.growTable(table.index, type, takeElements));
  }
}
