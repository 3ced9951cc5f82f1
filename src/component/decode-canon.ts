import { decodeResult } from './decode-type.ts';
import type { Canon, CanonOptions } from './definitions.ts';
import type { Reader } from './reader.ts';

/** Source: `canon`. */
export function decodeCanon(reader: Reader): Canon {
  const opcode = reader.byte();
  switch (opcode) {
    case 0x00:
      assertFuncSort(reader);
      return { op: 'lift', func: reader.u32(), options: decodeOptions(reader), type: reader.u32() };
    case 0x01:
      assertFuncSort(reader);
      return { op: 'lower', func: reader.u32(), options: decodeOptions(reader) };
    case 0x02:
      return { op: 'resource.new', resource: reader.u32() };
    case 0x03:
      return { op: 'resource.drop', resource: reader.u32() };
    case 0x04:
      return { op: 'resource.rep', resource: reader.u32() };
    default:
      return decodeOther(reader, opcode);
  }
}

function assertFuncSort(reader: Reader): void {
  if (reader.byte() !== 0x00) reader.fail('lift and lower are only for functions');
}

const DEFAULT_OPTIONS: CanonOptions = Object.freeze({
  stringEncoding: 'utf8',
  memory: undefined,
  realloc: undefined,
  postReturn: undefined,
  callback: undefined,
  calling: 'sync',
});

/** Source: `opts`. */
function decodeOptions(reader: Reader): CanonOptions {
  const given: Partial<CanonOptions> = {};
  for (const option of reader.vec(decodeOption)) {
    if (Object.keys(option).some((key) => key in given)) reader.fail('duplicate canonical option');
    Object.assign(given, option);
  }
  return { ...DEFAULT_OPTIONS, ...given };
}

function decodeOption(reader: Reader): Partial<CanonOptions> {
  const opcode = reader.byte();
  switch (opcode) {
    case 0x00:
      return { stringEncoding: 'utf8' };
    case 0x01:
      return { stringEncoding: 'utf16' };
    case 0x02:
      return { stringEncoding: 'latin1+utf16' };
    case 0x03:
      return { memory: reader.u32() };
    case 0x04:
      return { realloc: reader.u32() };
    case 0x05:
      return { postReturn: reader.u32() };
    case 0x06:
      return { calling: 'async' };
    case 0x07:
      return { callback: reader.u32() };
    case 0x08:
    case 0x09:
      return reader.refuse('the canonical option for garbage-collected values');
    default:
      return reader.fail(`invalid canonical option 0x${opcode.toString(16)}`);
  }
}

type Immediate = 'u32' | 'byte' | 'options' | 'result' | 'core type';

/** The canonical definitions of WASI 0.3: names and immediates, so that what follows them can be decoded. */
const OTHERS: ReadonlyMap<number, readonly [name: string, ...immediates: Immediate[]]> = new Map([
  [0x05, ['task.cancel']],
  [0x06, ['subtask.cancel', 'byte']],
  [0x09, ['task.return', 'result', 'options']],
  [0x0a, ['context.get', 'core type', 'u32']],
  [0x0b, ['context.set', 'core type', 'u32']],
  [0x0c, ['thread.yield', 'byte']],
  [0x0d, ['subtask.drop']],
  [0x0e, ['stream.new', 'u32']],
  [0x0f, ['stream.read', 'u32', 'options']],
  [0x10, ['stream.write', 'u32', 'options']],
  [0x11, ['stream.cancel-read', 'u32', 'byte']],
  [0x12, ['stream.cancel-write', 'u32', 'byte']],
  [0x13, ['stream.drop-readable', 'u32']],
  [0x14, ['stream.drop-writable', 'u32']],
  [0x15, ['future.new', 'u32']],
  [0x16, ['future.read', 'u32', 'options']],
  [0x17, ['future.write', 'u32', 'options']],
  [0x18, ['future.cancel-read', 'u32', 'byte']],
  [0x19, ['future.cancel-write', 'u32', 'byte']],
  [0x1a, ['future.drop-readable', 'u32']],
  [0x1b, ['future.drop-writable', 'u32']],
  [0x1c, ['error-context.new', 'options']],
  [0x1d, ['error-context.debug-message', 'options']],
  [0x1e, ['error-context.drop']],
  [0x1f, ['waitable-set.new']],
  [0x20, ['waitable-set.wait', 'byte', 'u32']],
  [0x21, ['waitable-set.poll', 'byte', 'u32']],
  [0x22, ['waitable-set.drop']],
  [0x23, ['waitable.join']],
  [0x24, ['backpressure.inc']],
  [0x25, ['backpressure.dec']],
  [0x26, ['thread.index']],
  [0x27, ['thread.new-indirect', 'u32', 'u32']],
  [0x28, ['thread.resume-later']],
  [0x29, ['thread.suspend', 'byte']],
  [0x2a, ['thread.suspend-then-resume', 'byte']],
  [0x2b, ['thread.yield-then-resume', 'byte']],
  [0x2c, ['thread.suspend-then-promote', 'byte']],
  [0x2d, ['thread.yield-then-promote', 'byte']],
  [0x40, ['thread.spawn-ref', 'byte', 'u32']],
  [0x41, ['thread.spawn-indirect', 'byte', 'u32', 'u32']],
  [0x42, ['thread.available-parallelism', 'byte']],
]);

const IMMEDIATES: Readonly<Record<Immediate, (reader: Reader) => unknown>> = {
  u32: (reader) => reader.u32(),
  byte: (reader) => reader.byte(),
  'core type': (reader) => reader.byte(),
  options: decodeOptions,
  result: decodeResult,
};

function decodeOther(reader: Reader, opcode: number): Canon {
  const form = OTHERS.get(opcode);
  if (form === undefined) return reader.fail(`invalid canonical definition 0x${opcode.toString(16)}`);
  const [name, ...immediates] = form;
  for (const immediate of immediates) IMMEDIATES[immediate](reader);
  return { op: 'other', name };
}
