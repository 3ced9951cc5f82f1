import { IMMEDIATE, IMMEDIATES } from './opcodes.ts';

/** How to skip frequent instructions without decoding them. `other`: only with `Instructions`. */
export const FORM = Object.freeze({ other: 0, plain: 1, leb: 2, memory: 3 } as const);

/** The form of each instruction, by opcode. */
const FORMS = Uint8Array.from({ length: 0x100 }, (_, code) => formOf(code));

/** The form of an instruction. */
export function formOf(code: number): number {
  const immediate = IMMEDIATES[code];
  if (immediate === IMMEDIATE.none) return FORM.plain;
  if (immediate === IMMEDIATE.memory) return FORM.memory;
  const isLeb = immediate === IMMEDIATE.index || immediate === IMMEDIATE.i32 || immediate === IMMEDIATE.i64;
  return isLeb ? FORM.leb : FORM.other;
}

/** The flag of a memory argument: a memory index follows. */
export const WITH_INDEX = 0x40;

/** The end of the instruction at `at` if it has one of the usual short forms; otherwise `at`. Decoding everything with `Instructions` takes twice as long. */
export function endOfShortForm(bytes: Uint8Array, at: number): number {
  const form = FORMS[bytes[at] as number];
  if (form === FORM.plain) return at + 1;
  if (form === FORM.leb) return endOfLeb(bytes, at + 1, at);
  if (form === FORM.memory && (bytes[at + 1] as number) < WITH_INDEX) return endOfLeb(bytes, at + 2, at);
  return at;
}

/** The end of the LEB128 number at `at`, or `otherwise` if it has more than four bytes. */
export function endOfLeb(bytes: Uint8Array, at: number, otherwise: number): number {
  let next = at;
  while ((bytes[next++] as number) >= 0x80) if (next === at + 4) return otherwise;
  return next;
}
