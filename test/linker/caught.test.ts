import { describe, expect, test } from 'vitest';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { Trap } from '../../src/util/trap.ts';
import type { LinkedInstance } from '../../src/linker/run/linked-instance.ts';
import { createPreemption } from '../../src/instance/preempt/preemption.ts';
import { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { linkText, noCtx } from '../instance/poker.ts';

/** What a guest calls that does not end well, and what the whole instance ends by. */
const FAILURES = {
  fail: /^the host refuses$/,
  'fail-later': /^the host refuses later$/,
  'inner-fail': /^the host refuses$/,
  'inner-later': /^the host refuses later$/,
  'inner-throw': /an exception propagated out of the component that threw it/,
  'inner-swallow': /^the host refuses$/,
  'drop-fail': /^the host refuses$/,
  'drop-later': /^the host refuses later$/,
  'drop-throw': /an exception propagated out of the component that threw it/,
  'drop-swallow': /^the host refuses$/,
  'no-handle': /unknown handle 77/,
  'no-rep': /unknown handle 77/,
  'realloc-throw': /an exception propagated out of the component that threw it/,
  'realloc-asks': /an import was called from within realloc/,
} as const;
type Failure = keyof typeof FAILURES;

/** How it catches that. */
const CATCHES = {
  catch_all: (call: string) => `(block $c (try_table (catch_all $c) ${call}))`,
  catch_all_ref: (call: string) =>
    `(block $out (drop (block $c (result exnref) (try_table (catch_all_ref $c) ${call}) (br $out))))`,
  'legacy catch_all': (call: string) => `try ${call} catch_all end`,
  'legacy delegate': (call: string) => `try try ${call} delegate 0 catch_all end`,
} as const;
type Catch = keyof typeof CATCHES;

/** What it does after that. */
const AFTERWARDS = { return: '', 'call the host': '(call $note)', spin: '(loop $l (br $l))' } as const;
type Afterwards = keyof typeof AFTERWARDS;

const CALLS: Readonly<Record<Failure, string>> = {
  fail: '(call $fail)',
  'fail-later': '(call $fail-later)',
  'inner-fail': '(call $inner-fail)',
  'inner-later': '(call $inner-later)',
  'inner-throw': '(call $inner-throw)',
  'inner-swallow': '(call $inner-swallow)',
  'drop-fail': '(call $drop (call $make (i32.const 0)))',
  'drop-later': '(call $drop (call $make (i32.const 1)))',
  'drop-throw': '(call $drop (call $make (i32.const 2)))',
  'drop-swallow': '(call $drop (call $make (i32.const 3)))',
  'no-handle': '(call $drop (i32.const 77))',
  'no-rep': '(drop (call $rep (i32.const 77)))',
  'realloc-throw': '(global.set $mode (i32.const 1)) (call $text (i32.const 8))',
  'realloc-asks': '(global.set $mode (i32.const 2)) (call $text (i32.const 8))',
};

const INNER = `(component $Inner
  (import "host" (instance $host (export "fail" (func)) (export "fail-later" (func))))
  (core func $fail (canon lower (func $host "fail")))
  (core func $later (canon lower (func $host "fail-later")))
  (core module $m
    (import "h" "fail" (func $fail)) (import "h" "later" (func $later))
    (memory 1) (tag $t)
    (func $throw (export "throw") (throw $t))
    (func $swallow (export "swallow") ${CATCHES['catch_all']('(call $fail)')})
    (func (export "fail") (call $fail))
    (func (export "later") (call $later))
    (func (export "dtor") (param i32)
      (if (i32.eq (local.get 0) (i32.const 0)) (then (call $fail)))
      (if (i32.eq (local.get 0) (i32.const 1)) (then (call $later)))
      (if (i32.eq (local.get 0) (i32.const 2)) (then (call $throw)))
      (if (i32.eq (local.get 0) (i32.const 3)) (then (call $swallow)))))
  (core instance $i (instantiate $m (with "h" (instance (export "fail" (func $fail)) (export "later" (func $later))))))
  (type $t (resource (rep i32) (dtor (core func $i "dtor"))))
  (core func $new (canon resource.new $t))
  (core module $n (import "h" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
  (core instance $j (instantiate $n (with "h" (instance (export "new" (func $new))))))
  (export $thing "thing" (type $t))
  (func (export "make") (param "n" u32) (result (own $thing)) (canon lift (core func $j "make")))
  (func (export "fail") (canon lift (core func $i "fail")))
  (func (export "later") (canon lift (core func $i "later")))
  (func (export "throw") (canon lift (core func $i "throw")))
  (func (export "swallow") (canon lift (core func $i "swallow"))))`;

const IMPORTS = [
  ['fail', '', '(canon lower (func $host "fail"))'],
  ['fail-later', '', '(canon lower (func $host "fail-later"))'],
  ['note', '', '(canon lower (func $host "note"))'],
  [
    'text',
    '(param i32)',
    '(canon lower (func $host "text") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))',
  ],
  ['inner-fail', '', '(canon lower (func $inner "fail"))'],
  ['inner-later', '', '(canon lower (func $inner "later"))'],
  ['inner-throw', '', '(canon lower (func $inner "throw"))'],
  ['inner-swallow', '', '(canon lower (func $inner "swallow"))'],
  ['make', '(param i32) (result i32)', '(canon lower (func $inner "make"))'],
  ['drop', '(param i32)', '(canon resource.drop $thing)'],
] as const;

/** `referred` has the module refer to all that it imports, so that it takes them as JavaScript would. */
function toComponent(call: string, referred: boolean): string {
  const names = IMPORTS.map(([name]) => name);
  return `(component
  (import "test:caught/host@0.1.0" (instance $host
    (export "fail" (func)) (export "fail-later" (func)) (export "note" (func)) (export "text" (func (result string)))))
  ${INNER}
  (instance $inner (instantiate $Inner (with "host" (instance $host))))
  (alias export $inner "thing" (type $thing))
  (core func $note' (canon lower (func $host "note")))
  (core module $libc
    (import "h" "note" (func $note))
    (memory (export "memory") 1) (tag $t) (global $mode (export "mode") (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (if (i32.eq (global.get $mode) (i32.const 1)) (then (throw $t)))
      (if (i32.eq (global.get $mode) (i32.const 2)) (then (call $note)))
      (i32.const 1024)))
  (core instance $libc (instantiate $libc (with "h" (instance (export "note" (func $note'))))))
  (type $own (resource (rep i32)))
  (core func $rep (canon resource.rep $own))
  ${IMPORTS.map(([name, , canon]) => `(core func $${name} ${canon})`).join('\n')}
  (core module $m
    ${IMPORTS.map(([name, type]) => `(import "h" "${name}" (func $${name} ${type}))`).join('\n')}
    (import "h" "rep" (func $rep (param i32) (result i32)))
    (import "libc" "mode" (global $mode (mut i32)))
    (memory 1)
    ${referred ? `(table funcref (elem ${names.map((name) => `$${name}`).join(' ')} $rep))` : ''}
    (func (export "f") ${call}))
  (core instance $i (instantiate $m
    (with "libc" (instance $libc))
    (with "h" (instance (export "rep" (func $rep)) ${names.map((name) => `(export "${name}" (func $${name}))`).join(' ')}))))
  (func $f (canon lift (core func $i "f")))
  (instance $api (export "f" (func $f)))
  (export "test:caught/guest" (instance $api)))`;
}

class Host {
  notes = 0;
  readonly interfaces: readonly HostInterface<WasiCtx>[] = [
    {
      name: 'test:caught/host',
      version: '0.1.0',
      resources: {},
      mayWait: ['fail-later'],
      funcs: {
        fail: () => {
          throw new Trap('the host refuses');
        },
        'fail-later': async () => {
          await Promise.resolve();
          throw new Trap('the host refuses later');
        },
        note: () => void (this.notes += 1),
        text: () => 'text',
      },
    } as unknown as HostInterface<WasiCtx>,
  ];
}

const call = (instance: LinkedInstance<WasiCtx>): Promise<unknown> =>
  instance.call(noCtx(), 'test:caught/guest', 'f', []);

const FAILING = Object.keys(CALLS) as Failure[];
const CATCHING = Object.keys(CATCHES) as Catch[];

describe.each(CATCHING)('%s', (caught) => {
  describe.each(FAILING)('around %s', (failure) => {
    test.each(Object.keys(AFTERWARDS) as Afterwards[])(
      'catches nothing: it does not come to %s',
      async (afterwards) => {
        const host = new Host();
        const body = `${CATCHES[caught](CALLS[failure])} ${AFTERWARDS[afterwards]}`;
        const pre = await linkText(toComponent(body, false), host.interfaces, createPreemption());
        const instance = pre.instantiate(new WasiCtx({ cpuTimeoutMs: 2000 }));
        await expect(call(instance)).rejects.toThrow(FAILURES[failure]);
        expect(host.notes).toBe(0);
        await expect(call(instance)).rejects.toThrow(FAILURES[failure]);
      },
    );
  });
});

test.each(FAILING)('nothing is caught of %s by a module that refers to what it imports', async (failure) => {
  const host = new Host();
  const pre = await linkText(toComponent(`${CATCHES.catch_all(CALLS[failure])} (call $note)`, true), host.interfaces);
  await expect(call(pre.instantiate(noCtx()))).rejects.toThrow(FAILURES[failure]);
  expect(host.notes).toBe(0);
});

test('no guest can import the tag of what JavaScript throws', async () => {
  const component = `(component
    (core module $m (import "host" "tag" (tag (param externref))))
    (core instance (instantiate $m (with "host" (instance)))))`;
  await expect(linkText(component, []).then((pre) => pre.instantiate(noCtx()))).rejects.toThrow();
});

test('a start that calls what may wait ends before anything is called', async () => {
  let calls = 0;
  const host = {
    name: 'test:caught/host',
    version: '0.1.0',
    resources: {},
    mayWait: ['wait'],
    funcs: { wait: async () => void (calls += 1), note: () => void (calls += 1) },
  } as unknown as HostInterface<WasiCtx>;
  const component = `(component
    (import "test:caught/host@0.1.0" (instance $host (export "wait" (func)) (export "note" (func))))
    (component $Inner
      (import "host" (instance $host (export "wait" (func)) (export "note" (func))))
      (core func $wait (canon lower (func $host "wait")))
      (core func $note (canon lower (func $host "note")))
      (core module $m (import "h" "wait" (func $wait)) (import "h" "note" (func $note))
        (func (export "f") (call $wait) (call $note)))
      (core instance $i (instantiate $m (with "h" (instance (export "wait" (func $wait)) (export "note" (func $note))))))
      (func (export "f") (canon lift (core func $i "f"))))
    (instance $inner (instantiate $Inner (with "host" (instance $host))))
    (core func $f (canon lower (func $inner "f")))
    (core module $m (import "inner" "f" (func $f))
      (func $start ${CATCHES.catch_all('(call $f)')}) (start $start))
    (core instance (instantiate $m (with "inner" (instance (export "f" (func $f)))))))`;
  const pre = await linkText(component, [host]);
  expect(() => pre.instantiate(noCtx())).toThrow(WebAssembly.SuspendError);
  expect(calls).toBe(0);
});
