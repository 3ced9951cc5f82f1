import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import { loadComponent } from '../../../src/index.ts';
import { openStores } from '../../../src/state/keyvalue/open-stores.ts';
import { DEFAULT_LIMITS } from '../../../src/util/limits.ts';
import { wasiInterfaces } from '../../../src/wasi/interfaces.ts';
import { WasiCtx } from '../../../src/wasi/wasi-ctx.ts';
import { LOAD_WAYS, TEST_CACHE } from '../../harness/guests.ts';
import { serveGuest } from '../../harness/serve-guest.ts';
import { componentOfAll } from '../../harness/wit-funcs.ts';
import { STORE_KINDS, makePlace } from '../../state/stores.ts';

type Call = (ctx: WasiCtx, ...args: unknown[]) => Promise<{ tag: 'ok' | 'err'; val: unknown }>;

const spin = wasiInterfaces.find(({ name }) => name === 'fermyon:spin/key-value');
const funcs = (spin?.funcs ?? {}) as unknown as Readonly<Record<string, Call>>;

describe.each(STORE_KINDS)('over a store of %s', (kind) => {
  test('every function does what it says', async () => {
    await using place = await makePlace(kind);
    const keyValue = { default: place.spec, other: 'memory' };
    const config = { keyValue, keyValueMemory: false, keyValueInMemoryData: {}, limits: DEFAULT_LIMITS };
    await using stores = openStores(config);
    using ctx = new WasiCtx({ keyValueStores: stores.byName });
    const call = async (name: string, ...args: unknown[]) => await (funcs[name] as Call)(ctx, ...args);
    const { val: store } = await call('[static]store.open', 'default');
    const ask = async (name: string, ...args: unknown[]) => (await call(`[method]store.${name}`, store, ...args)).val;
    expect(await ask('get', 'a')).toBeUndefined();
    expect(await ask('exists', 'a')).toBe(false);
    expect(await ask('set', 'a', Buffer.from('one'))).toBeUndefined();
    expect(await ask('set', 'b', Buffer.from(''))).toBeUndefined();
    expect(Buffer.from((await ask('get', 'a')) as Uint8Array).toString()).toBe('one');
    expect(await ask('exists', 'b')).toBe(true);
    expect(((await ask('get-keys')) as string[]).toSorted()).toEqual(['a', 'b']);
    await ask('delete', 'a');
    await ask('delete', 'a');
    expect(await ask('get-keys')).toEqual(['b']);
    for (let index = 0; index < 2100; index += 1) await ask('set', `many-${index}`, Buffer.from('x'));
    expect(new Set((await ask('get-keys')) as string[]).size).toBe(2101);
    const long = 'k'.repeat(1025);
    const tooLong = 'the key has 1025 bytes, and may have 1024 (--limit key-bytes)';
    expect(await ask('set', long, Buffer.from(''))).toEqual({ tag: 'other', val: tooLong });
    expect(await ask('get', long)).toEqual({ tag: 'other', val: tooLong });
    expect(await call('[static]store.open', 'none')).toEqual({ tag: 'err', val: { tag: 'no-such-store' } });
    expect((await call('[static]store.open', 'other')).tag).toBe('ok');
    expect(ctx.held.bytes).toBe(0);
  }, 60_000);
});

test('nothing is granted by default', async () => {
  using ctx = new WasiCtx({});
  const open = funcs['[static]store.open'] as Call;
  expect(await open(ctx, 'default')).toEqual({ tag: 'err', val: { tag: 'access-denied' } });
});

/** Says with the status of its reply how many bytes the key has, or 404, and adds one; 503 if there is no store. */
const COUNTER = `(module
  (import "fermyon:spin/key-value@2.0.0" "[static]store.open" (func $open (param i32 i32 i32)))
  (import "fermyon:spin/key-value@2.0.0" "[method]store.get" (func $get (param i32 i32 i32 i32)))
  (import "fermyon:spin/key-value@2.0.0" "[method]store.set" (func $set (param i32 i32 i32 i32 i32 i32)))
  (import "wasi:http/types@0.2.12" "[constructor]fields" (func $fields (result i32)))
  (import "wasi:http/types@0.2.12" "[constructor]outgoing-response" (func $response (param i32) (result i32)))
  (import "wasi:http/types@0.2.12" "[method]outgoing-response.set-status-code" (func $status (param i32 i32) (result i32)))
  (import "wasi:http/types@0.2.12" "[static]response-outparam.set" (func $answer (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "default")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func $say (param $out i32) (param $status i32)
    (local $response i32)
    (local.set $response (call $response (call $fields)))
    (drop (call $status (local.get $response) (local.get $status)))
    (call $answer (local.get $out) (i32.const 0) (local.get $response) (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
  (func (export "wasi:http/incoming-handler@0.2.12#handle") (param $request i32) (param $out i32)
    (local $store i32) (local $bytes i32)
    (call $open (i32.const 0) (i32.const 7) (i32.const 512))
    (if (i32.load8_u (i32.const 512)) (then (call $say (local.get $out) (i32.const 503)) (return)))
    (local.set $store (i32.load (i32.const 516)))
    (call $get (local.get $store) (i32.const 0) (i32.const 3) (i32.const 512))
    (if (i32.load8_u (i32.const 516))
      (then
        (local.set $bytes (i32.load (i32.const 524)))
        (call $say (local.get $out) (i32.add (i32.const 200) (local.get $bytes))))
      (else (call $say (local.get $out) (i32.const 404))))
    (call $set (local.get $store) (i32.const 0) (i32.const 3) (i32.const 8192) (i32.add (local.get $bytes) (i32.const 1)) (i32.const 512))))`;

describe.each(LOAD_WAYS)('$engine $isolation', (way) => {
  test('a component that imports it finds the stores of wasi:keyvalue', async () => {
    const component = await componentOfAll(await parse(COUNTER));
    const loaded = async () => await loadComponent(component, { ...way, cache: TEST_CACHE, label: 'spin-counter' });
    await using served = await serveGuest(await loaded(), { keyValueMemory: true });
    const statuses: number[] = [];
    for (let time = 0; time < 4; time += 1) statuses.push((await fetch(served.origin)).status);
    expect(statuses).toEqual([404, 201, 202, 203]);
    await using denied = await serveGuest(await loaded());
    expect((await fetch(denied.origin)).status).toBe(503);
  });
});
