import { ByteReader } from '../../wasm/byte-reader.ts';
import { contentOf } from '../../rewriter/core-module.ts';
import { SECTION, type Sections } from '../../wasm/sections.ts';

/** The steps that one item of each section counts for, by how much is kept of it. */
const STEPS: readonly (readonly [section: number, steps: number])[] = [
  [SECTION.import, 4],
  [SECTION.function, 1],
  [SECTION.table, 4],
  [SECTION.memory, 4],
  [SECTION.tag, 1],
  [SECTION.global, 4],
  [SECTION.export, 4],
];

/** The steps for a module, whatever it contains: V8 takes two milliseconds. Tools allow 1,000 per component. Source: `MAX_WASM_MODULES` of wasm-tools. */
const MODULE_STEPS = 1000;

/** How many steps it takes to process a core module's declarations. For types, each byte counts: they may be one recursion group. */
export function moduleSteps(bytes: Uint8Array, sections: Sections): number {
  const content = (id: number): ByteReader => contentOf(bytes, sections, id) ?? new ByteReader(NOTHING);
  const types = content(SECTION.type);
  return STEPS.reduce((sum, [id, steps]) => sum + steps * content(id).count(), MODULE_STEPS + types.end - types.at);
}

/** An empty vector. */
const NOTHING = new Uint8Array(1);
