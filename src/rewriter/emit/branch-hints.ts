import { ByteWriter } from '../../wasm/byte-writer.ts';

/** The branches of a function that are seldom taken: how many bytes after its body's begin each `if` or `br_if` is. */
export type UnlikelyBranches = { readonly index: number; readonly branches: readonly number[] };

const NAME = 'metadata.code.branch_hint';

/**
 * The content of the custom section that tells V8 which branches are seldom taken. It keeps what these need out of the way of all else: without, all
 * that a function holds in registers is put aside before each check, lest that call anything.
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

/** Shape: how many bytes the hint has, and the hint. */
const UNLIKELY: readonly number[] = Object.freeze([1, 0]);
