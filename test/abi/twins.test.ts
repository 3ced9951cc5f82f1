import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LiftLowerContext } from '../../src/abi/context.ts';
import { flattenFunctype, flattenTypes } from '../../src/abi/flatten.ts';
import { alignment, elemSize } from '../../src/abi/layout.ts';
import type { CoreValue } from '../../src/abi/lift-flat.ts';
import { canonResourceDrop } from '../../src/abi/resources.ts';
import type { CoreType, FuncType, ValType } from '../../src/abi/types.ts';
import { Trap } from '../../src/util/trap.ts';
import { arbitraryType, arbitraryValue, RESOURCES } from './arbitrary.ts';
import {
  createGuest,
  ENCODINGS,
  type Encoding,
  func,
  type Guest,
  type GuestOptions,
  TWINS,
  type Twin,
} from './guest.ts';

const RUNS = Number(process.env['ABI_RUNS'] ?? 300);

/** A call of an exported function that calls an imported one with the same arguments and returns what that returns. */
interface Call {
  readonly type: FuncType;
  readonly args: readonly unknown[];
  readonly value: unknown;
}

const calls: fc.Arbitrary<Call> = fc
  .record({
    params: fc.array(arbitraryType(['own', 'borrow']), { maxLength: 6 }),
    result: fc.option(arbitraryType(['own']), { nil: undefined }),
  })
  .chain(({ params, result }) =>
    fc.record({
      type: fc.constant(func(params, result)),
      args: fc.tuple(...params.map(arbitraryValue)),
      value: result === undefined ? fc.constant(undefined) : arbitraryValue(result),
    }),
  );

describe.each(ENCODINGS)('%s', (encoding) => {
  test.each(TWINS)('a guest that passes everything on changes nothing: $twin', (twin) => {
    fc.assert(
      fc.property(calls, (call) => {
        const seen = passOn(twin, encoding, call);
        expect(seen['args']).toEqual(call.args);
        expect(seen['result']).toEqual(call.value);
      }),
      { numRuns: RUNS },
    );
  });

  test('the twins leave the same bytes, flat values, allocations, marks and handles', () => {
    fc.assert(
      fc.property(calls, (call) => {
        const [interpreted, emitted] = TWINS.map((twin) => passOn(twin, encoding, call));
        expect(emitted).toEqual(interpreted);
      }),
      { numRuns: RUNS },
    );
  });

  test('the twins make the same of garbage', () => {
    fc.assert(
      fc.property(garbage, (given) => {
        const options = { encoding, bytes: given.bytes, reported: given.reported, maxCallBytes: 2000 };
        const [interpreted, emitted] = TWINS.map((twin) => [
          lowerGarbage(twin, given, options),
          liftGarbage(twin, given, options),
        ]);
        expect(emitted).toEqual(interpreted);
      }),
      { numRuns: 2 * RUNS },
    );
  });
});

function passOn(twin: Twin, encoding: Encoding, { type, args, value }: Call): Record<string, unknown> {
  const guest = createGuest({ encoding });
  const { cx } = guest;
  const options = { name: 'test', stringEncoding: encoding, calling: 'sync' } as const;
  let hostArgs: unknown[] = [];
  const imported = twin.lower(type, { ...options, callee: 'host' })({
    cx,
    store: { ctx: 'the context' },
    call: (ctx: unknown, ...values: unknown[]) => {
      expect(ctx).toBe('the context');
      hostArgs = values;
      return value;
    },
  });
  let flats: CoreValue[] = [];
  const core = (...passed: CoreValue[]): unknown => {
    flats = passed;
    if (type.result === undefined || flattenTypes([type.result]).length <= 1) return imported(...passed);
    const out = guest.malloc(alignment(type.result), elemSize(type.result));
    imported(...passed, out);
    return out;
  };
  const dropping = (...passed: CoreValue[]): unknown => {
    const returned = core(...passed);
    dropBorrows(cx);
    return returned;
  };
  const result = twin.lift(type, options)({ cx, entering: [cx.inst], core: dropping })(...args);
  return {
    args: hostArgs,
    result,
    flats,
    bytes: new Uint8Array(guest.memory.buffer),
    reallocs: guest.reallocs,
    marks: guest.marks,
    handles: cx.inst.handles.size,
    lends: cx.borrowScope.lends,
    next: cx.inst.handles.add({ name: 'next' }, undefined),
  };
}

/** What a guest has to do before it returns. */
function dropBorrows(cx: LiftLowerContext): void {
  for (let index = 1; cx.borrowScope.numBorrows > 0; index++) {
    for (const type of RESOURCES) dropBorrow(cx, type, index);
  }
}

function dropBorrow({ inst }: LiftLowerContext, type: (typeof RESOURCES)[number], index: number): void {
  try {
    if (inst.handles.get(index, type).borrowScope === undefined) return;
  } catch {
    return;
  }
  canonResourceDrop(inst, type, index, () => expect.unreachable('a borrow is not destroyed'));
}

/** Small integers are pointers, lengths, discriminants and handles that make sense now and then. */
const garbageI32 = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 8 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 200 }) },
  { weight: 1, arbitrary: fc.integer() },
);

const GARBAGE: Readonly<Record<CoreType, fc.Arbitrary<CoreValue>>> = {
  i32: garbageI32,
  i64: fc.oneof(garbageI32.map(BigInt), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  f32: fc.float(),
  f64: fc.double(),
};

interface Garbage {
  readonly params: readonly ValType[];
  readonly result: ValType;
  readonly flats: { readonly params: readonly CoreValue[]; readonly result: CoreValue | undefined };
  readonly bytes: Uint8Array;
  readonly reported: number;
}

const garbage: fc.Arbitrary<Garbage> = fc
  .record({
    params: fc.array(arbitraryType(['own', 'borrow']), { minLength: 1, maxLength: 4 }),
    result: arbitraryType(['own']),
  })
  .chain(({ params, result }) =>
    fc.record({
      params: fc.constant(params),
      result: fc.constant(result),
      flats: fc.record({
        params: fc.tuple(...flattenFunctype(func(params), 'lower').params.map((type) => GARBAGE[type])),
        result: GARBAGE[flattenFunctype(func([], result), 'lift').results[0] ?? 'i32'],
      }),
      bytes: fc
        .array(garbageI32, { minLength: 64, maxLength: 64 })
        .map((words) => new Uint8Array(Int32Array.from(words).buffer)),
      reported: fc.constantFrom(256, 200, 64),
    }),
  );

function lowerGarbage(twin: Twin, { params, flats }: Garbage, options: GuestOptions): object {
  const guest = createGarbageGuest(options);
  let args: unknown;
  const call = (...values: unknown[]): void => void (args = values);
  const opts = {
    name: 'test',
    stringEncoding: guest.cx.opts.stringEncoding,
    calling: 'sync',
    callee: 'component',
  } as const;
  const trap = catchTrap(() =>
    twin.lower(func(params), opts)({ cx: guest.cx, store: { ctx: undefined }, call })(...flats.params),
  );
  return { args, trap, ...remains(guest) };
}

function liftGarbage(twin: Twin, { result, flats }: Garbage, options: GuestOptions): object {
  const guest = createGarbageGuest(options);
  const opts = { name: 'test', stringEncoding: guest.cx.opts.stringEncoding, calling: 'sync' } as const;
  let value: unknown;
  const trap = catchTrap(() => {
    value = twin.lift(func([], result), opts)({ cx: guest.cx, entering: [], core: () => flats.result })();
  });
  return { value, trap, ...remains(guest) };
}

function createGarbageGuest(options: GuestOptions): Guest {
  const guest = createGuest(options);
  const { handles } = guest.cx.inst;
  for (const [i, type] of RESOURCES.entries()) handles.add(type, `own ${i}`);
  for (const [i, type] of RESOURCES.entries()) handles.add(type, `borrow ${i}`, { numBorrows: 1 });
  return guest;
}

function remains({ cx }: Guest): object {
  return { budget: cx.budget, handles: cx.inst.handles.size, lends: cx.borrowScope.lends };
}

function catchTrap(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(Trap);
    return (error as Trap).message;
  }
}
