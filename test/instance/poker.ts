import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { NO_CACHE } from '../../src/component/cache/cache.ts';
import { decodeComponent } from '../../src/component/decode.ts';
import { createSource } from '../../src/component/source.ts';
import type { InstancePre } from '../../src/linker/instance-pre.ts';
import { linkWithJco } from '../../src/linker/jco/link-with-jco.ts';
import type { LinkedInstance } from '../../src/linker/run/linked-instance.ts';
import type { Preemption } from '../../src/linker/preemption.ts';
import { type LinkedPre, linkComponent } from '../../src/linker/link.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/util/limits.ts';
import { WasiCtx } from '../../src/wasi/wasi-ctx.ts';

/** Instructions that write, over `$at`, `$n` and `$v`, all i32. */
const WRITES: Readonly<Record<string, string>> = {
  'i32.store': '(i32.store (local.get $at) (local.get $v))',
  'i32.store8': '(i32.store8 (local.get $at) (local.get $v))',
  'i32.store16': '(i32.store16 (local.get $at) (local.get $v))',
  'i64.store': '(i64.store (local.get $at) (i64.extend_i32_s (local.get $v)))',
  'i64.store8': '(i64.store8 (local.get $at) (i64.extend_i32_s (local.get $v)))',
  'i64.store16': '(i64.store16 (local.get $at) (i64.extend_i32_s (local.get $v)))',
  'i64.store32': '(i64.store32 (local.get $at) (i64.extend_i32_s (local.get $v)))',
  'f32.store': '(f32.store (local.get $at) (f32.reinterpret_i32 (local.get $v)))',
  'f64.store': '(f64.store (local.get $at) (f64.convert_i32_s (local.get $v)))',
  'v128.store': '(v128.store (local.get $at) (i32x4.splat (local.get $v)))',
  'v128.store8_lane': '(v128.store8_lane 3 (local.get $at) (i32x4.splat (local.get $v)))',
  'v128.store64_lane': '(v128.store64_lane 1 (local.get $at) (i32x4.splat (local.get $v)))',
  'i32.atomic.store': '(i32.atomic.store (i32.and (local.get $at) (i32.const -4)) (local.get $v))',
  'i64.atomic.rmw.add':
    '(drop (i64.atomic.rmw.add (i32.and (local.get $at) (i32.const -8)) (i64.extend_i32_s (local.get $v))))',
  'i32.atomic.rmw8.cmpxchg_u':
    '(drop (i32.atomic.rmw8.cmpxchg_u (local.get $at) (i32.load8_u (local.get $at)) (i32.and (local.get $v) (i32.const 255))))',
  'memory.fill': '(memory.fill (local.get $at) (local.get $v) (local.get $n))',
  'memory.copy': '(memory.copy (local.get $at) (i32.and (local.get $v) (i32.const 0xffff)) (local.get $n))',
  'memory.init': '(memory.init $passive (local.get $at) (i32.const 0) (i32.and (local.get $n) (i32.const 7)))',
};

/** Everything else that a request can change. */
const CHANGES: Readonly<Record<string, string>> = {
  'memory.grow': '(drop (memory.grow (i32.and (local.get $n) (i32.const 3))))',
  globals: `(global.set $i32 (local.get $v)) (global.set $i64 (i64.extend_i32_s (local.get $v)))
    (global.set $f32 (f32.reinterpret_i32 (local.get $v))) (global.set $f64 (f64.convert_i32_s (local.get $v)))
    (global.set $func (ref.func $one))`,
  'table.set': '(table.set $t (i32.and (local.get $v) (i32.const 7)) (ref.func $one))',
  'table.fill': '(table.fill $t (i32.const 2) (ref.null func) (i32.const 5))',
  'table.copy': '(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 4))',
  'table.init': '(table.init $t $elements (i32.const 4) (i32.const 0) (i32.const 2))',
  give: `(call $give (local.get $n) (i32.and (i32.add (local.get $at) (i32.const 4)) (i32.const 0xfffc)))`,
};

const GROWTH = {
  'table.grow': '(drop (table.grow $t (ref.null func) (i32.const 1)))',
  'memory.grow-by': '(drop (memory.grow (local.get $n)))',
};

const SUSPENSIONS = {
  'wait-and-store': '(call $wait) (i32.store (local.get $at) (local.get $v))',
};

const OPS = { ...WRITES, ...CHANGES, ...GROWTH, ...SUSPENSIONS };

export type Op = string;

/** All after which an instance can be restored. */
export const RESTORABLE: readonly Op[] = [...Object.keys(WRITES), ...Object.keys(CHANGES)];

/** Those whose address may be any. */
export const WRITING: readonly Op[] = Object.keys(WRITES);

const toName = (op: Op): string => op.replaceAll(/[._]/g, '-');

const PARAMS = '(param "at" u32) (param "n" u32) (param "v" s32)';

/** A component with a memory that one core instance defines and another writes, and a function for each change. */
const POKER = `(component
  (import "test:poker/host@0.1.0" (instance $host
    (export "give" (func (param "byte-length" u32) (result (list u8))))
    (export "wait" (func))))
  (core module $libc
    (memory (export "memory") 2)
    (data (i32.const 4090) "straddles two cards")
    (global $next (mut i32) (i32.const 65530))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (select (i32.const 65530) (global.get $next) (i32.gt_u (global.get $next) (i32.const 110000))))
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $libc (instantiate $libc))
  (core func $give (canon lower (func $host "give") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $wait (canon lower (func $host "wait")))
  (core module $main
    (import "libc" "memory" (memory 2))
    (import "host" "give" (func $give (param i32 i32)))
    (import "host" "wait" (func $wait))
    (global $i32 (mut i32) (i32.const 7)) (global $i64 (mut i64) (i64.const -7))
    (global $f32 (mut f32) (f32.const nan:0x200001)) (global $f64 (mut f64) (f64.const -0))
    (global $func (mut funcref) (ref.null func))
    (table $t 8 20 funcref)
    (elem (table $t) (i32.const 1) func $zero $one $zero)
    (elem $elements func $one $zero)
    (data $passive "\\01\\02\\03\\04\\05\\06\\07\\08")
    (data (i32.const 131068) "last")
    (func $zero) (func $one)
    (func (export "length") (result i32) (memory.size))
    (func (export "take") (param i32 i32))
    ${Object.entries(OPS)
      .map(([op, body]) => `(func (export "${toName(op)}") (param $at i32) (param $n i32) (param $v i32) ${body})`)
      .join('\n')})
  (core instance $main (instantiate $main
    (with "libc" (instance $libc))
    (with "host" (instance (export "give" (func $give)) (export "wait" (func $wait))))))
  (func $length (result u32) (canon lift (core func $main "length")))
  (func $take (param "text" string)
    (canon lift (core func $main "take") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  ${Object.keys(OPS)
    .map((op) => `(func $${toName(op)} ${PARAMS} (canon lift (core func $main "${toName(op)}")))`)
    .join('\n')}
  (instance $api (export "length" (func $length)) (export "take" (func $take))
    ${Object.keys(OPS)
      .map((op) => `(export "${toName(op)}" (func $${toName(op)}))`)
      .join('\n')})
  (export "test:poker/guest" (instance $api)))`;

/** What `poker` imports. `waiting` are the guests that wait. */
export class PokerHost {
  readonly waiting: (() => void)[] = [];
  readonly interfaces: readonly HostInterface<WasiCtx>[] = [
    {
      name: 'test:poker/host',
      version: '0.1.0',
      resources: {},
      mayWait: ['wait'],
      funcs: {
        give: (_ctx: WasiCtx, byteLength: number) => new Uint8Array(byteLength).fill(0xee),
        wait: () => new Promise<void>((resolve) => this.waiting.push(resolve)),
      },
    } as unknown as HostInterface<WasiCtx>,
  ];
}

/** Links a component in the text format. */
export async function linkText(
  wat: string,
  interfaces: readonly HostInterface<WasiCtx>[],
  preemption?: Preemption<WasiCtx>,
  limits: Limits = DEFAULT_LIMITS,
): Promise<LinkedPre<WasiCtx>> {
  return await linkComponent(createSource('a test', await parse(wat)), interfaces, { preemption, limits });
}

/** Like `linkText`, with jco's glue. */
export async function linkTextByJco(
  wat: string,
  interfaces: readonly HostInterface<WasiCtx>[],
  preemption?: Preemption<WasiCtx>,
  limits: Limits = DEFAULT_LIMITS,
): Promise<InstancePre<WasiCtx>> {
  const source = createSource('a test', await parse(wat));
  const context = { cache: NO_CACHE, limits, preemption };
  return await linkWithJco(source, decodeComponent(source), interfaces, context);
}

export function linkPoker(host = new PokerHost()): Promise<LinkedPre<WasiCtx>> {
  return linkText(POKER, host.interfaces);
}

/** A context of no grants. */
export const noCtx = (): WasiCtx => new WasiCtx({});

/** Where, how much and what; zero if left out. */
export interface Operands {
  readonly at?: number;
  readonly n?: number;
  readonly v?: number;
}

/** Makes an instance of the poker change something. */
export async function poke(
  instance: LinkedInstance<WasiCtx>,
  op: Op,
  { at = 0, n = 0, v = 0 }: Operands,
): Promise<void> {
  await instance.call(noCtx(), 'test:poker/guest', toName(op), [at, n, v]);
}

/** All that an instance keeps in its core. */
export function stateOf({ core }: LinkedInstance<WasiCtx>): unknown {
  return {
    memories: core.memories.map(({ bytes, reportedBytes }) => ({
      told: bytes.slice(0, reportedBytes),
      reportedBytes,
      beyond: Buffer.compare(bytes.subarray(reportedBytes), Buffer.alloc(bytes.length - reportedBytes)),
    })),
    globals: core.globals.map((global) => global.value),
    tables: core.tables.map((table) => Array.from({ length: table.length }, (_, at): unknown => table.get(at))),
  };
}

/** The first byte of the first memory that is not as in `was`; pages beyond its end must be zero. -1 if there is none. */
export function findChange({ core }: LinkedInstance<WasiCtx>, was: Uint8Array): number {
  const { bytes } = core.memories[0] ?? { bytes: new Uint8Array(0) };
  if (Buffer.compare(bytes.subarray(0, was.length), was) !== 0)
    return bytes.findIndex((byte, at) => at < was.length && byte !== was[at]);
  return bytes.subarray(was.length).findIndex((byte) => byte !== 0);
}
