import type { ByteReader } from '../../wasm/byte-reader.ts';
import { Instructions } from '../../wasm/instructions.ts';
import { OP } from '../../wasm/opcodes.ts';
import { malformed } from '../../wasm/refusal.ts';
import { readValueType } from '../../wasm/types.ts';

/** The flags of an element segment. Source: core specification 3.0, 5.5.12. */
const NOT_ACTIVE = 1;
const WITH_INDEX = 2;
const EXPRESSIONS = 4;

/** Called for each instruction of a constant expression. */
export type VisitInstruction = (instructions: Instructions) => void;

/** Reads an element segment, and adds the functions that it names to `references`. Returns the number of elements. */
export function readReferences(reader: ByteReader, references: Set<number>, visit?: VisitInstruction): number {
  const flags = reader.u32();
  if ((flags & NOT_ACTIVE) === 0) {
    if ((flags & WITH_INDEX) !== 0) reader.u32();
    skipConstantExpression(reader, references, visit);
  }
  const isExpressions = (flags & EXPRESSIONS) !== 0;
  if ((flags & (NOT_ACTIVE | WITH_INDEX)) !== 0) {
    if (isExpressions) readValueType(reader);
    else reader.byte();
  }
  const count = reader.count();
  for (let rest = count; rest > 0; rest--) {
    if (isExpressions) skipConstantExpression(reader, references, visit);
    else references.add(reader.u32());
  }
  return count;
}

/** Skips a constant expression, including its `end`, and adds the functions that it names to `references`. */
export function skipConstantExpression(reader: ByteReader, references?: Set<number>, visit?: VisitInstruction): void {
  const instructions = new Instructions(reader.bytes);
  instructions.enter(reader.at, reader.end);
  do {
    if (instructions.at >= reader.end) throw malformed('constant expression without an end', reader.at);
    instructions.next();
    if (instructions.code === OP.refFunc) references?.add(instructions.index);
    visit?.(instructions);
  } while (instructions.code !== OP.end);
  reader.at = instructions.at;
}
