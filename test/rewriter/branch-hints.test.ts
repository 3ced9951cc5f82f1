import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/wasm/byte-reader.ts';
import { contentOf, decodeCoreModule, readVector } from '../../src/rewriter/core-module.ts';
import { Instructions } from '../../src/wasm/instructions.ts';
import { OP } from '../../src/wasm/opcodes.ts';
import { rewriteModule } from '../../src/rewriter/rewrite.ts';
import { SECTION } from '../../src/wasm/sections.ts';
import { readValueType } from '../../src/wasm/types.ts';
import { program } from './programs.ts';
import { assemble, coreModules } from './tracked.ts';

/** The offsets of branches from the body's start, by function. */
type Places = Map<number, number[]>;

const SECTION_NAME = 'metadata.code.branch_hint';

/** V8 passes over a section that comes after the code, and a function whose hints are not in order. */
function readHints(bytes: Uint8Array): Places {
  const reader = new ByteReader(bytes, 8, bytes.length);
  for (let id = reader.byte(); id !== SECTION.code; id = reader.byte()) {
    const byteLength = reader.u32();
    const section = new ByteReader(bytes, reader.at, reader.at + byteLength);
    reader.skip(byteLength);
    if (id === SECTION.custom && section.name() === SECTION_NAME) return readFunctionHints(section);
  }
  throw new Error('there are no hints before the code');
}

function readFunctionHints(reader: ByteReader): Places {
  const hints: Places = new Map();
  readVector(reader, () => {
    const index = reader.u32();
    const places: number[] = [];
    for (let rest = reader.u32(); rest > 0; rest--) {
      places.push(reader.u32());
      expect([reader.byte(), reader.byte()]).toEqual([1, 0]);
    }
    hints.set(index, places);
  });
  return hints;
}

/** The `if`s of checks: those after a load of a memory's first word that the guest did not write. */
function readChecks(bytes: Uint8Array, word: number): { checks: Places; ifs: Places } {
  const module = decodeCoreModule(bytes);
  const [checks, ifs]: [Places, Places] = [new Map(), new Map()];
  let index = module.importedFunctionCount;
  readVector(contentOf(bytes, module.sections, SECTION.code), (reader) => {
    const end = reader.u32() + reader.at;
    const start = reader.at;
    for (let groups = reader.u32(); groups > 0; groups--) {
      reader.u32();
      readValueType(reader);
    }
    const instructions = new Instructions(bytes);
    instructions.enter(reader.at, end);
    let isWord = false;
    while (instructions.at < end) {
      instructions.next();
      const { code, memory } = instructions;
      if (code === OP.if) {
        const place = instructions.start - start;
        push(ifs, index, place);
        if (isWord) push(checks, index, place);
      }
      isWord = code === OP.i32Load && memory === word;
    }
    reader.skip(end - reader.at);
    index++;
  });
  return { checks, ifs };
}

function push(places: Places, index: number, place: number): void {
  const known = places.get(index);
  if (known === undefined) places.set(index, [place]);
  else known.push(place);
}

const PREEMPTED = { maxMemoryPages: 1000, maxTableElements: 100_000, memory: 'tracked', preemption: 'on' } as const;

function expectHints(original: Uint8Array): void {
  const { functionTypes } = decodeCoreModule(original);
  const { bytes, memories } = rewriteModule(original, PREEMPTED);
  const hints = readHints(bytes);
  const { checks, ifs } = readChecks(bytes, memories.length);
  const own = new Map([...hints].filter(([index]) => index < functionTypes.length));
  const ownChecks = new Map([...checks].filter(([index]) => index < functionTypes.length));
  expect(own).toEqual(ownChecks);
  expect([...hints.keys()]).toEqual([...hints.keys()].toSorted((one, other) => one - other));
  for (const [index, places] of hints) {
    expect(places).toEqual([...new Set(places)].toSorted((one, other) => one - other));
    expect(ifs.get(index)).toEqual(expect.arrayContaining(places));
  }
}

describe.each(await coreModules())('%s', (_name, bytes) => {
  test('V8 is told that each check is unlikely, and nothing about instructions that are not branches', () =>
    expectHints(bytes));
});

test('so it is of any program', async () => {
  await fc.assert(
    fc.asyncProperty(program, async ({ wat }) => {
      expectHints(await assemble(wat));
    }),
    { numRuns: Number(process.env['FC_RUNS'] ?? 100) },
  );
});
