import { contentOf, readVector, type CoreModule } from '../core-module.ts';
import { skipConstantExpression } from '../analyse/references.ts';
import type { ByteReader } from '../../wasm/byte-reader.ts';
import { Instructions } from '../../wasm/instructions.ts';
import { ByteWriter } from '../../wasm/byte-writer.ts';
import { OP } from '../../wasm/opcodes.ts';
import { malformed } from '../../wasm/refusal.ts';
import { SECTION } from '../../wasm/sections.ts';

/** Bytes that a module writes to a memory when it is instantiated. `bytes` is a view of the module. */
export type DataSegment = { readonly memory: number; readonly offset: number; readonly bytes: Uint8Array };

export type TakenData = {
  /** The segments that the host must write, in order, before any code runs. */
  readonly segments: readonly DataSegment[];
  /** The data section without them; `undefined` if the module has none. */
  readonly section: Uint8Array | undefined;
  /** How many active segments stay in the module. */
  readonly activeCount: number;
};

type Segment = {
  at: number;
  end: number;
  active: { memory: number; offset: number | undefined } | undefined;
  bytes: Uint8Array;
};

/**
 * Takes the active segments out of a module's data section. Each is replaced by an empty passive one, which is what an active segment becomes once it is
 * written, so indices stay valid.
 *
 * If the offset of any is not known before instantiation, all stay: the order in which they are written matters if they overlap.
 */
export function takeDataSegments(module: CoreModule): TakenData {
  const segments = readSegments(module);
  if (segments === undefined) return { segments: [], section: undefined, activeCount: 0 };
  const active = segments.filter((segment) => segment.active !== undefined);
  const taken = active.flatMap(({ active: target, bytes }) =>
    target?.offset === undefined ? [] : [{ memory: target.memory, offset: target.offset, bytes }],
  );
  if (taken.length < active.length) {
    return { segments: [], section: rawSection(module), activeCount: active.length };
  }
  return { segments: taken, section: withoutActive(module.bytes, segments), activeCount: 0 };
}

/** Leaves the data section unchanged, and counts its active segments. */
export function leaveDataSegments(module: CoreModule): TakenData {
  const segments = readSegments(module) ?? [];
  const activeCount = segments.filter((segment) => segment.active !== undefined).length;
  return { segments: [], section: rawSection(module), activeCount };
}

function rawSection({ bytes, sections }: CoreModule): Uint8Array | undefined {
  const section = sections.byId.get(SECTION.data);
  return section && bytes.subarray(section.at, section.end);
}

const EMPTY_PASSIVE: readonly number[] = Object.freeze([1, 0]);

function withoutActive(bytes: Uint8Array, segments: readonly Segment[]): Uint8Array {
  const section = new ByteWriter(64);
  section.u32(segments.length);
  for (const { at, end, active } of segments) {
    if (active === undefined) section.copy(bytes, at, end);
    else section.append(EMPTY_PASSIVE);
  }
  return section.written();
}

function readSegments(module: CoreModule): Segment[] | undefined {
  const content = contentOf(module.bytes, module.sections, SECTION.data);
  if (content === undefined) return undefined;
  const segments: Segment[] = [];
  readVector(content, (reader) => void segments.push(readSegment(reader, module)));
  return segments;
}

/** Shape: 0, offset, bytes; or 1, bytes; or 2, memory index, offset, bytes. */
function readSegment(reader: ByteReader, module: CoreModule): Segment {
  const at = reader.at;
  const form = reader.u32();
  if (form > 2) throw malformed(`unknown form ${form} of a data segment`, at);
  const memory = form === 2 ? reader.u32() : 0;
  if (form !== 1 && module.memories[memory] === undefined)
    throw malformed(`data segment for unknown memory ${memory}`, at);
  const active = form === 1 ? undefined : { memory, offset: readOffset(reader) };
  const bytes = reader.byteVector();
  const target = active && module.memories[active.memory];
  if (active?.offset !== undefined && target !== undefined && target.imported === undefined) {
    const isInBounds = active.offset + bytes.length <= target.limits.initial * 65_536;
    if (!isInBounds) throw malformed('data segment beyond the end of its memory', at);
  }
  return { at, end: reader.at, active, bytes };
}

/** Skips a constant expression. Returns its value if it consists only of `i32.const` and arithmetic. */
function readOffset(reader: ByteReader): number | undefined {
  const start = reader.at;
  // Nearly all are a single constant, and there may be ten thousand.
  if (reader.bytes[start] === OP.i32Const) {
    reader.skip(1);
    const value = reader.s32();
    if (reader.bytes[reader.at] === OP.end) {
      reader.skip(1);
      return value >>> 0;
    }
    reader.at = start;
  }
  return evaluateOffset(reader);
}

function evaluateOffset(reader: ByteReader): number | undefined {
  const instructions = new Instructions(reader.bytes);
  instructions.enter(reader.at, reader.end);
  skipConstantExpression(reader);
  const stack: number[] = [];
  for (instructions.next(); instructions.code !== OP.end; instructions.next()) {
    if (instructions.code === OP.i32Const) {
      stack.push(instructions.index);
      continue;
    }
    const right = stack.pop();
    const left = stack.pop();
    if (left === undefined || right === undefined) return undefined;
    if (instructions.code === OP.i32Add) stack.push((left + right) | 0);
    else if (instructions.code === OP.i32Sub) stack.push((left - right) | 0);
    else if (instructions.code === OP.i32Mul) stack.push(Math.imul(left, right));
    else return undefined;
  }
  const [offset] = stack;
  return offset === undefined || stack.length > 1 ? undefined : offset >>> 0;
}
