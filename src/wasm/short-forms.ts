import { IMMEDIATE, IMMEDIATES } from './opcodes.ts';

/** How the frequent instructions are passed without looking at what they say. `other`: only by `Instructions`. */
export const FORM = Object.freeze({ other: 0, plain: 1, leb: 2, memory: 3 } as const);

/** By opcode. */
const FORMS = Uint8Array.from({ length: 0x100 }, (_, code) => formOf(code));

/** Of an opcode. */
export function formOf(code: number): number {
  const immediate = IMMEDIATES[code];
  if (immediate === IMMEDIATE.none) return FORM.plain;
  if (immediate === IMMEDIATE.memory) return FORM.memory;
  const isLeb = immediate === IMMEDIATE.index || immediate === IMMEDIATE.i32 || immediate === IMMEDIATE.i64;
  return isLeb ? FORM.leb : FORM.other;
}

/** In the flags of a memory argument: that a memory index follows. */
export const WITH_INDEX = 0x40;

/** Where the instruction at `at` ends if it has one of the usual short forms, else `at`. Reading all with `Instructions` takes twice as long. */
export function endOfShortForm(bytes: Uint8Array, at: number): number {
  const form = FORMS[bytes[at] as number];
  if (form === FORM.plain) return at + 1;
  if (form === FORM.leb) return endOfLeb(bytes, at + 1, at);
  if (form === FORM.memory && (bytes[at + 1] as number) < WITH_INDEX) return endOfLeb(bytes, at + 2, at);
  return at;
}

/** Where the LEB128 number at `at` ends, or `otherwise` where it has more than four bytes. */
export function endOfLeb(bytes: Uint8Array, at: number, otherwise: number): number {
  let next = at;
  while ((bytes[next++] as number) >= 0x80) if (next === at + 4) return otherwise;
  return next;
}
