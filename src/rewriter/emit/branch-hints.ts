import { ByteWriter } from '../../wasm/byte-writer.ts';

/** The unlikely branches of a function: the offset of each `if` or `br_if` from the body's start. */
export type UnlikelyBranches = { readonly index: number; readonly branches: readonly number[] };

const NAME = 'metadata.code.branch_hint';

/**
 * Encodes the custom section that tells V8 which branches are unlikely. V8 then keeps their cost off the main path: without it, a function spills all of
 * its registers before each check, because the check might call something.
 *
 * Source: https://github.com/WebAssembly/branch-hinting
 *
 * @param functions - By ascending index.
 */
export function encodeBranchHints(functions: readonly UnlikelyBranches[]): Uint8Array {
  const output = new ByteWriter(functions.length * 32);
  output.name(NAME);
  output.u32(functions.length);
  for (const { index, branches } of functions) {
    output.u32(index);
    output.u32(branches.length);
    for (const at of branches) {
      output.u32(at);
      output.append(UNLIKELY);
    }
  }
  return output.written();
}

/** Shape: the length of the hint, and the hint. */
const UNLIKELY: readonly number[] = Object.freeze([1, 0]);
