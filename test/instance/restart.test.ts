import { afterEach, describe, expect, test } from 'vitest';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { createRecyclingStrategy } from '../../src/instance/fresh.ts';
import { createRestartStrategy, findRestartBlocker } from '../../src/instance/restart.ts';
import type { InstanceStrategy } from '../../src/instance/strategy.ts';
import type { LinkedInstance } from '../../src/linker/run/linked-instance.ts';
import type { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { linkText, noCtx } from './poker.ts';

/** A host that gives another number each time that it is asked. */
class Asked {
  count = 0;
  readonly interfaces = [
    {
      name: 'test:start/host',
      version: '0.1.0',
      resources: {},
      mayWait: [],
      funcs: { next: (_ctx: WasiCtx) => (this.count += 1) },
    } as unknown as HostInterface<WasiCtx>,
  ];
}

/**
 * Three modules that start one after the other and look at what the others did. `look` gives a list of what the last of them has seen, then changes all
 * that it can.
 */
const STARTING = `(component
  (import "test:start/host@0.1.0" (instance $host (export "next" (func (result u32)))))
  (core func $next (canon lower (func $host "next")))
  (core module $base
    (memory (export "memory") 1 10)
    (data (i32.const 100) "base")
    (table (export "table") 4 funcref)
    (global (export "count") (mut i32) (i32.const 5))
    (elem (i32.const 1) func $seven)
    (func $seven (result i32) (i32.const 7))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $base (instantiate $base))
  (core module $first
    (import "base" "memory" (memory 1))
    (import "base" "table" (table 4 funcref))
    (import "base" "count" (global $count (mut i32)))
    (import "host" "next" (func $next (result i32)))
    (func $start
      (i32.store (i32.const 0) (table.size))
      ;; Whether another module has filled the table already.
      (i32.store (i32.const 4) (ref.is_null (table.get 0 (i32.const 0))))
      (i32.store (i32.const 8) (memory.size))
      (i32.store (i32.const 12) (i32.load (i32.const 200)))
      (i32.store (i32.const 16) (call $next))
      (i32.store (i32.const 20) (global.get $count))
      (i32.store (i32.const 200) (i32.const 0x11111111))
      (i32.store (i32.const 100) (i32.const 0x22222222))
      (drop (memory.grow (i32.const 2)))
      (i32.store (i32.const 131072) (i32.const 33))
      (global.set $count (i32.add (global.get $count) (i32.const 1))))
    (start $start))
  (core instance $first (instantiate $first (with "base" (instance $base)) (with "host" (instance (export "next" (func $next))))))
  (core module $second
    (type $number (func (result i32)))
    (import "base" "memory" (memory 1))
    (import "base" "table" (table 4 funcref))
    (import "base" "count" (global $count (mut i32)))
    (import "host" "next" (func $next (result i32)))
    (data (i32.const 200) "second")
    (elem (i32.const 0) func $nine)
    (func $nine (result i32) (i32.const 9))
    (func $start
      (i32.store (i32.const 24) (i32.load (i32.const 200)))
      (i32.store (i32.const 28) (i32.load (i32.const 100)))
      (i32.store (i32.const 32) (call_indirect (type $number) (i32.const 0)))
      (i32.store (i32.const 36) (call_indirect (type $number) (i32.const 1)))
      (i32.store (i32.const 40) (memory.size))
      (i32.store (i32.const 44) (i32.load (i32.const 131072)))
      (i32.store (i32.const 48) (call $next))
      (i32.store (i32.const 52) (global.get $count)))
    (start $start)
    (func (export "look") (result i32)
      ;; The list: 14 numbers from 0 on.
      (memory.copy (i32.const 1024) (i32.const 0) (i32.const 56))
      (i32.store (i32.const 512) (i32.const 1024))
      (i32.store (i32.const 516) (i32.const 14))
      (memory.fill (i32.const 0) (i32.const 255) (i32.const 300))
      (i32.store (i32.const 131072) (i32.const -1))
      (drop (memory.grow (i32.const 3)))
      (global.set $count (i32.const 99))
      CHANGES
      (i32.const 512)))
  (core instance $second (instantiate $second (with "base" (instance $base)) (with "host" (instance (export "next" (func $next))))))
  (func $look (result (list u32)) (canon lift (core func $second "look")
    (memory (core memory $base "memory")) (realloc (core func $base "realloc"))))
  (instance $api (export "look" (func $look)))
  (export "test:start/guest" (instance $api)))`;

/** Without the second, no module changes a table once it is filled. */
const CHANGES = {
  'memory and globals': '',
  'tables too': '(table.set 0 (i32.const 0) (ref.null func)) (table.set 0 (i32.const 1) (ref.func $nine))',
};

const open: InstanceStrategy[] = [];
afterEach(() => {
  for (const strategy of open.splice(0)) strategy[Symbol.dispose]();
});

async function look(strategy: InstanceStrategy): Promise<{ instance: unknown; found: number[] }> {
  const ctx = noCtx();
  const instance = strategy.take(ctx) as LinkedInstance<WasiCtx>;
  const found = Array.from((await instance.call(ctx, 'test:start/guest', 'look', [])) as Uint32Array);
  strategy.giveBack(instance, 'reusable');
  return { instance, found };
}

describe.each(Object.entries(CHANGES))('after a request that changes %s', (_what, changes) => {
  const wat = STARTING.replace('CHANGES', changes);

  test('starts find what those of a new instance find, but for what the host tells', async () => {
    const host = new Asked();
    const pre = await linkText(wat, host.interfaces);
    expect(findRestartBlocker(pre)).toBeUndefined();
    const [fresh, restart] = [createRecyclingStrategy(pre), createRestartStrategy(pre)];
    open.push(fresh, restart);
    host.count = 0;
    const { found } = await look(fresh);
    const second = 'second'.slice(0, 4);
    expect(found).toEqual([
      ...[4, 1, 1, 0, 1, 5],
      ...[Buffer.from(second).readUInt32LE(), 0x22222222, 9, 7, 3, 33, 2, 6],
    ]);
    const [{ instance: kept }] = [await look(restart)];
    for (let round = 1; round < 5; round += 1) {
      host.count = 0;
      const again = await look(restart);
      expect(again.instance).toBe(kept);
      expect(again.found).toEqual(found);
    }
  });
});

const ofModule = (fields: string): string => `(component
  (core module $m ${fields}) (core instance $i (instantiate $m))
  (func $f (canon lift (core func $i "f"))) (instance $api (export "f" (func $f)))
  (export "test:start/guest" (instance $api)))`;

test('a start does not find what an earlier one put where another module puts something else', async () => {
  const host = new Asked();
  const pre = await linkText(
    `(component
      (core module $base
        (memory (export "memory") 1) (table (export "table") 2 funcref)
        (func $one) (elem declare func $one)
        (func $start
          (i32.store (i32.const 8) (ref.is_null (table.get 0 (i32.const 0))))
          (table.set 0 (i32.const 0) (ref.func $one)))
        (start $start)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
        (func (export "look") (result i32)
          (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 1)) (i32.const 0)))
      (core instance $base (instantiate $base))
      (core module $other (import "base" "table" (table 2 funcref)) (func $two) (elem (i32.const 0) func $two))
      (core instance (instantiate $other (with "base" (instance $base))))
      (func $look (result (list u32)) (canon lift (core func $base "look")
        (memory (core memory $base "memory")) (realloc (core func $base "realloc"))))
      (instance $api (export "look" (func $look)))
      (export "test:start/guest" (instance $api)))`,
    host.interfaces,
  );
  const strategy = createRestartStrategy(pre);
  open.push(strategy);
  for (let round = 0; round < 3; round += 1) expect((await look(strategy)).found).toEqual([1]);
});

describe('what cannot start again is said', () => {
  test('state that no image holds', async () => {
    const pre = await linkText(ofModule('(memory 1) (data $d "x") (func (export "f") (data.drop $d))'), []);
    expect(findRestartBlocker(pre)).toBe('it drops data or element segments');
  });

  test("data that V8 writes to another module's memory", async () => {
    const pre = await linkText(
      `(component
        (core module $base (memory (export "memory") 1) (global (export "at") i32 (i32.const 8)))
        (core instance $base (instantiate $base))
        (core module $m (import "base" "memory" (memory 1)) (import "base" "at" (global $at i32))
          (data (global.get $at) "x") (func (export "f")))
        (core instance $i (instantiate $m (with "base" (instance $base))))
        (func $f (canon lift (core func $i "f"))) (instance $api (export "f" (func $f)))
        (export "test:start/guest" (instance $api)))`,
      [],
    );
    expect(findRestartBlocker(pre)).toMatch(/cannot be repeated/);
  });

  test('a start that fails the second time gives no instance, and another can be made', async () => {
    let refuses = false;
    const pre = await linkText(
      `(component
        (import "test:start/host@0.1.0" (instance $host (export "next" (func (result u32)))))
        (core func $next (canon lower (func $host "next")))
        (core module $m (import "host" "next" (func $next (result i32)))
          (func $s (if (call $next) (then unreachable))) (start $s) (func (export "f")))
        (core instance $i (instantiate $m (with "host" (instance (export "next" (func $next))))))
        (func $f (canon lift (core func $i "f"))) (instance $api (export "f" (func $f)))
        (export "test:start/guest" (instance $api)))`,
      [{ ...new Asked().interfaces[0], funcs: { next: () => Number(refuses) } } as unknown as HostInterface<WasiCtx>],
    );
    const strategy = createRestartStrategy(pre);
    open.push(strategy);
    const instance = strategy.take(noCtx());
    strategy.giveBack(instance, 'reusable');
    refuses = true;
    expect(() => strategy.take(noCtx())).toThrow('unreachable');
    refuses = false;
    expect(strategy.take(noCtx())).not.toBe(instance);
  });
});
