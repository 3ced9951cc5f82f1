import {
  canonLift,
  canonLower,
  type CoreFunction,
  type FuncOptions,
  type LowerOptions,
  type LowerSlots,
  type SharedFunction,
} from '../../src/abi/canon.ts';
import { ComponentInstance } from '../../src/abi/component-instance.ts';
import { type CanonicalOptions, LiftLowerContext, type Realloc } from '../../src/abi/context.ts';
import { emitLift } from '../../src/abi/emit/lift.ts';
import { emitLower } from '../../src/abi/emit/lower.ts';
import { GuestMemory } from '../../src/abi/guest-memory.ts';
import type { CoreValue } from '../../src/abi/lift-flat.ts';
import type { FuncType, ResourceType, ValType } from '../../src/abi/types.ts';

export type Encoding = CanonicalOptions['stringEncoding'];
export const ENCODINGS: readonly Encoding[] = ['utf8', 'utf16', 'latin1+utf16'];

/** The interpreter and the emitted code: whatever is tested of one holds for the other. */
export const TWINS = [
  { twin: 'interpreter', lift: canonLift, lower: forOneCaller(canonLower) },
  { twin: 'emitted code', lift: emitLift, lower: forOneCaller(emitLower) },
] as const;

type Lower = (type: FuncType, opts: LowerOptions) => (slots: LowerSlots) => SharedFunction;

interface CallerSlots {
  readonly cx: LiftLowerContext;
  /** Whose call runs. */
  readonly store: { ctx: unknown };
  readonly call: (...args: never[]) => unknown;
}

/** A lowered function as its caller sees it. A function of another component receives its caller first; tests do without. */
function forOneCaller(lower: Lower): (type: FuncType, opts: LowerOptions) => (slots: CallerSlots) => CoreFunction {
  return (type, opts) => {
    const maker = lower(type, opts);
    return ({ cx, store, call }) => {
      const withoutCaller = (_caller: unknown, ...args: unknown[]): unknown => call(...(args as never[]));
      const shared = maker({ context: 0, call: opts.callee === 'host' ? call : withoutCaller });
      const goesOn = (ctx: unknown): void => void (store.ctx = ctx);
      return (...flats) => shared(...([...flats, { ctx: store.ctx, contexts: [cx], waits() {}, goesOn }] as never[]));
    };
  };
}

export type Twin = (typeof TWINS)[number];

export const OPTIONS: FuncOptions = { name: 'test', stringEncoding: 'utf8', calling: 'sync' };
export const LOWER_OPTIONS: LowerOptions = { ...OPTIONS, callee: 'component' };

export interface GuestOptions {
  readonly encoding?: Encoding;
  readonly bytes?: ArrayLike<number>;
  readonly byteLength?: number;
  /** What the guest believes that it has; the rest is there and holds zeros. */
  readonly reported?: number;
  readonly realloc?: Realloc | undefined;
  readonly maxCallBytes?: number;
  readonly inst?: ComponentInstance;
  readonly resources?: ReadonlySet<ResourceType>;
}

export interface Guest {
  readonly cx: LiftLowerContext;
  readonly memory: { buffer: ArrayBuffer };
  /** What the guest was asked to allocate. */
  readonly reallocs: number[][];
  /** What was marked as written. */
  readonly marks: [number, number][];
  readonly malloc: (alignment: number, byteLength: number) => number;
}

/** A guest's side of the ABI: a memory that is detached at each allocation, and an allocator that only goes up. */
export function createGuest(options: GuestOptions = {}): Guest {
  const memory = { buffer: new ArrayBuffer(options.byteLength ?? options.bytes?.length ?? 4096) };
  if (options.bytes !== undefined) new Uint8Array(memory.buffer).set(options.bytes);
  const reallocs: number[][] = [];
  const marks: [number, number][] = [];
  let end = 8;
  const malloc = (alignment: number, byteLength: number): number => {
    const ptr = Math.ceil(end / alignment) * alignment;
    end = ptr + byteLength;
    memory.buffer = memory.buffer.transfer(Math.max(end, memory.buffer.byteLength));
    return ptr;
  };
  const cx = new LiftLowerContext({
    opts: { stringEncoding: options.encoding ?? 'utf8' },
    inst: options.inst ?? new ComponentInstance({ resources: options.resources ?? new Set() }),
    memory: new GuestMemory({
      get bytes() {
        return new Uint8Array(memory.buffer);
      },
      get reportedBytes() {
        return options.reported ?? memory.buffer.byteLength;
      },
      mark: (ptr, byteLength) => marks.push([ptr, byteLength]),
    }),
    realloc:
      options.realloc ??
      ((...args) => {
        reallocs.push(args);
        return malloc(args[2], args[3]);
      }),
    ...(options.maxCallBytes === undefined ? {} : { maxCallBytes: options.maxCallBytes }),
  });
  return { cx, memory, reallocs, marks, malloc };
}

/** A function type with parameters that are named by their place. */
export function func(params: readonly ValType[], result?: ValType): FuncType {
  return { params: params.map((type, i) => ({ label: `p${i}`, type })), result };
}

/** What a host function with these parameters gets when the guest calls it with `flats`. */
export function liftParams(twin: Twin, guest: Guest, ts: readonly ValType[], flats: readonly CoreValue[]): unknown[] {
  let args: unknown[] = [];
  const call = (...values: unknown[]): void => void (args = values);
  const options = { ...LOWER_OPTIONS, stringEncoding: guest.cx.opts.stringEncoding };
  twin.lower(func(ts), options)({ cx: guest.cx, store: { ctx: undefined }, call })(...flats);
  return args;
}

/** The flat values that the guest gets when it is called with `values`. */
export function lowerParams(twin: Twin, guest: Guest, ts: readonly ValType[], values: readonly unknown[]): CoreValue[] {
  let flats: CoreValue[] = [];
  const core = (...args: CoreValue[]): void => void (flats = args);
  const options = { ...OPTIONS, stringEncoding: guest.cx.opts.stringEncoding };
  twin.lift(func(ts), options)({ cx: guest.cx, entering: [], core })(...values);
  return flats;
}

export const u8: ValType = { kind: 'u8' };
export const u16: ValType = { kind: 'u16' };
export const u32: ValType = { kind: 'u32' };
export const u64: ValType = { kind: 'u64' };
export const f32: ValType = { kind: 'f32' };
export const f64: ValType = { kind: 'f64' };
export const bool: ValType = { kind: 'bool' };
export const char: ValType = { kind: 'char' };
export const string: ValType = { kind: 'string' };
export const list = (element: ValType, length?: number): ValType => ({ kind: 'list', element, length });
export const tuple = (...elements: ValType[]): ValType => ({ kind: 'tuple', elements });
export const option = (some: ValType): ValType => ({ kind: 'option', some });
export const result = (ok?: ValType, err?: ValType): ValType => ({ kind: 'result', ok, err });
export const flags = (...labels: string[]): ValType => ({ kind: 'flags', labels });
export const record = (fields: Record<string, ValType>): ValType => ({
  kind: 'record',
  fields: Object.entries(fields).map(([label, type]) => ({ label, type })),
});
export const variant = (cases: Record<string, ValType | undefined>): ValType => ({
  kind: 'variant',
  cases: Object.entries(cases).map(([label, type]) => ({ label, type })),
});
