import { setImmediate as nextTurn } from 'node:timers/promises';
import { Trap } from '../../src/util/trap.ts';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import type { LinkedPre } from '../../src/linker/link.ts';
import type { Preemption } from '../../src/linker/preemption.ts';
import type { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { linkText } from './poker.ts';

const caught = (call: string): string => `(block $c (try_table (catch_all $c) ${call}))`;

/** What a request can make the actor do and continue after. */
const HARMLESS: Readonly<Record<string, string>> = {
  nothing: '',
  wait: '(call $wait)',
  'answer at once': '(call $maybe-wait)',
  'have another wait': '(call $inner-wait)',
  'have another wait behind a third': '(call $inner-pass)',
  'catch what it throws itself': caught('(throw $own)'),
  'have another catch what that throws itself': '(call $inner-own)',
  'get a text': '(call $text (i32.const 64))',
  'make a thing': '(call $keep (call $make (i32.const 9)))',
  'make a thing whose destructor waits': '(call $keep (call $make (i32.const 8)))',
  'drop a thing': '(if (global.get $count) (then (call $drop-thing (call $last))))',
  'lend a thing': '(if (global.get $count) (then (call $look (call $top))))',
  'lend a thing twice': '(if (global.get $count) (then (call $look-twice (call $top) (call $top))))',
  'give a thing away': '(if (global.get $count) (then (call $take (call $last))))',
  'make a host object': '(call $keep-object (call $new-object))',
  'drop a host object': '(if (global.get $objects) (then (call $drop-object (call $last-object))))',
  'lend a host object': '(if (global.get $objects) (then (call $use-object (call $top-object))))',
  'lend a host object while it waits': '(if (global.get $objects) (then (call $use-slowly (call $top-object))))',
  'make what it defines itself': '(call $keep-own (call $new-own (i32.const 5)))',
  'drop what it defines itself': '(if (global.get $owns) (then (call $drop-own (call $last-own))))',
  'make things and drop them': `${'(call $keep (call $make (i32.const 9)))'.repeat(12)}
    ${'(call $drop-thing (call $last))'.repeat(12)}`,
  'grow its memory': '(drop (memory.grow (i32.const 1)))',
  "grow another's memory": '(call $inner-grow)',
  'write to grown pages': '(i32.store (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4)) (i32.const -1))',
  'write its memory': '(memory.fill (i32.const 4090) (i32.const 90) (i32.const 5000))',
  'write globals':
    '(global.set $i64 (i64.const -1)) (global.set $f64 (f64.const nan:0xbad)) (global.set $func (ref.func $one))',
  'write a table': '(table.fill $table (i32.const 0) (ref.func $one) (i32.const 4))',
  'run out of memory': '(drop (memory.grow (i32.const 0xffff)))',
};

/** What ends the instance, caught if possible: nothing may run afterwards. */
const FATAL: Readonly<Record<string, string>> = {
  trap: '(unreachable)',
  throw: '(throw $own)',
  'catch that the host traps': caught('(call $fail)'),
  'catch that the host traps later': caught('(call $fail-later)'),
  'catch that another traps': caught('(call $inner-trap)'),
  'catch that another throws': caught('(call $inner-throw)'),
  'catch that another is refused': caught('(call $inner-fail)'),
  'catch that another is refused later': caught('(call $inner-later)'),
  'have another catch that it is refused': '(call $inner-swallow)',
  'catch that a destructor is refused': caught('(call $drop-thing (call $make (i32.const 0)))'),
  'catch that a destructor is refused later': caught('(call $drop-thing (call $make (i32.const 1)))'),
  'catch that a destructor throws': caught('(call $drop-thing (call $make (i32.const 2)))'),
  'have a destructor catch that it is refused': '(call $drop-thing (call $make (i32.const 3)))',
  'catch a trap while a thing is lent': caught('(call $look-fail (call $make (i32.const 9)))'),
  'catch a trap while a thing is lent and another waits': caught('(call $look-later (call $make (i32.const 9)))'),
  'catch that a lent thing is dropped': caught('(call $drop-while-lent (call $make (i32.const 9)))'),
  'keep a borrow': caught('(call $keep-borrow (call $make (i32.const 9)))'),
  'drop what is not there': caught('(call $drop-thing (i32.const 1000))'),
  'look for what is not there': caught('(drop (call $rep-own (i32.const 1000)))'),
  'drop an object that cannot be': caught('(call $drop-object (call $new-bad-object))'),
  'throw out of realloc': `(global.set $mode (i32.const 1)) ${caught('(call $text (i32.const 64))')}`,
  'call out of realloc': `(global.set $mode (i32.const 2)) ${caught('(call $text (i32.const 64))')}`,
  'trap in realloc': `(global.set $mode (i32.const 3)) ${caught('(call $text (i32.const 64))')}`,
  'give no memory': `(global.set $mode (i32.const 4)) ${caught('(call $text (i32.const 64))')}`,
  'lie about a text': caught('(call $say (i32.const 0x7fffffff) (i32.const 10))'),
  'trap in post-return': '(global.set $after (i32.const 1))',
  'call out of post-return': '(global.set $after (i32.const 2))',
  'throw out of post-return': '(global.set $after (i32.const 3))',
};

const ACTS = { ...HARMLESS, ...FATAL };
export const HARMLESS_ACTS: readonly string[] = Object.keys(HARMLESS);
export const FATAL_ACTS: readonly string[] = Object.keys(FATAL);
export const ALL_ACTS: readonly string[] = Object.keys(ACTS);

const MIDDLE_FUNCS = ['fail', 'fail-later', 'wait'] as const;

/** Hands on what the host does, so that the one behind it calls through two. */
const MIDDLE = `(component $Middle
  (import "host" (instance $host ${MIDDLE_FUNCS.map((name) => `(export "${name}" (func))`).join(' ')}))
  ${MIDDLE_FUNCS.map((name) => `(core func $${name} (canon lower (func $host "${name}")))`).join('\n')}
  (core module $m
    ${MIDDLE_FUNCS.map((name) => `(import "h" "${name}" (func $${name}))`).join('\n')}
    (memory 1) (global $calls (mut i32) (i32.const 0))
    ${MIDDLE_FUNCS.map((name) => `(func (export "${name}") (global.set $calls (i32.add (global.get $calls) (i32.const 1))) (call $${name}))`).join('\n')})
  (core instance $i (instantiate $m (with "h" (instance ${MIDDLE_FUNCS.map((name) => `(export "${name}" (func $${name}))`).join(' ')}))))
  ${MIDDLE_FUNCS.map((name) => `(func (export "${name}") (canon lift (core func $i "${name}")))`).join('\n')})`;

/** Owns things, which it defines. */
const INNER = `(component $Inner
  (import "host" (instance $host ${MIDDLE_FUNCS.map((name) => `(export "${name}" (func))`).join(' ')}))
  ${MIDDLE_FUNCS.map((name) => `(core func $${name} (canon lower (func $host "${name}")))`).join('\n')}
  (core module $m
    ${MIDDLE_FUNCS.map((name) => `(import "h" "${name}" (func $${name}))`).join('\n')}
    (memory (export "memory") 1) (tag $t)
    (func (export "wait") (call $wait)) (func (export "pass") (call $wait) (call $wait))
    (func (export "trap") unreachable)
    (func $throw (export "throw") (throw $t))
    (func (export "own") ${caught('(throw $t)')})
    (func $swallow (export "swallow") ${caught('(call $fail)')})
    (func (export "fail") (call $fail)) (func (export "later") (call $fail-later))
    (func (export "grow") (drop (memory.grow (i32.const 2))) (i32.store (i32.const 70000) (i32.const 7)))
    (func (export "dtor") (param i32)
      (if (i32.eq (local.get 0) (i32.const 0)) (then (call $fail)))
      (if (i32.eq (local.get 0) (i32.const 1)) (then (call $fail-later)))
      (if (i32.eq (local.get 0) (i32.const 2)) (then (call $throw)))
      (if (i32.eq (local.get 0) (i32.const 3)) (then (call $swallow)))
      (if (i32.eq (local.get 0) (i32.const 8)) (then (call $wait))))
    (func (export "look") (param i32) (i32.store (i32.const 8) (local.get 0)) (call $wait))
    (func (export "look-twice") (param i32 i32) (call $wait))
    (func (export "look-fail") (param i32) (call $fail)) (func (export "look-later") (param i32) (call $fail-later)))
  (core instance $i (instantiate $m
    (with "h" (instance ${MIDDLE_FUNCS.map((name) => `(export "${name}" (func $${name}))`).join(' ')}))))
  (type $t (resource (rep i32) (dtor (core func $i "dtor"))))
  (core func $new (canon resource.new $t)) (core func $drop (canon resource.drop $t))
  (core module $n
    (import "h" "new" (func $new (param i32) (result i32))) (import "h" "drop" (func $drop (param i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "take") (param i32) (call $drop (local.get 0))))
  (core instance $j (instantiate $n (with "h" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
  (export $thing "thing" (type $t))
  (func (export "make") (param "n" u32) (result (own $thing)) (canon lift (core func $j "make")))
  (func (export "take") (param "t" (own $thing)) (canon lift (core func $j "take")))
  ${['look', 'look-fail', 'look-later'].map((name) => `(func (export "${name}") (param "t" (borrow $thing)) (canon lift (core func $i "${name}")))`).join('\n')}
  (func (export "look-twice") (param "t" (borrow $thing)) (param "u" (borrow $thing)) (canon lift (core func $i "look-twice")))
  ${['wait', 'pass', 'trap', 'throw', 'own', 'swallow', 'fail', 'later', 'grow'].map((name) => `(func (export "${name}") (canon lift (core func $i "${name}")))`).join('\n')})`;

/** Gets things lent that another defines, as handles. */
const BORROWER = `(component $Borrower
  (import "things" (instance $things (export "thing" (type $t (sub resource)))))
  (alias export $things "thing" (type $thing))
  (core func $drop (canon resource.drop $thing))
  (core module $m (import "h" "drop" (func $drop (param i32)))
    (func (export "drop-while-lent") (param i32) (call $drop (local.get 0)) (call $drop (local.get 0)))
    (func (export "keep-borrow") (param i32)))
  (core instance $i (instantiate $m (with "h" (instance (export "drop" (func $drop))))))
  (func (export "drop-while-lent") (param "t" (borrow $thing)) (canon lift (core func $i "drop-while-lent")))
  (func (export "keep-borrow") (param "t" (borrow $thing)) (canon lift (core func $i "keep-borrow"))))`;

const WITH_MEMORY = '(memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))';

/** Shape of each: its name in the module, its type, the canonical definition behind it. */
const IMPORTS = [
  ['fail', '', '(canon lower (func $host "fail"))'],
  ['fail-later', '', '(canon lower (func $host "fail-later"))'],
  ['wait', '', '(canon lower (func $host "wait"))'],
  ['maybe-wait', '', '(canon lower (func $host "maybe-wait"))'],
  ['text', '(param i32)', `(canon lower (func $host "text") ${WITH_MEMORY})`],
  ['say', '(param i32 i32)', `(canon lower (func $host "say") ${WITH_MEMORY})`],
  ['new-object', '(result i32)', '(canon lower (func $host "new-object"))'],
  ['new-bad-object', '(result i32)', '(canon lower (func $host "new-bad-object"))'],
  ['use-object', '(param i32)', '(canon lower (func $host "use-object"))'],
  ['use-slowly', '(param i32)', '(canon lower (func $host "use-slowly"))'],
  ['drop-object', '(param i32)', '(canon resource.drop $object)'],
  ...['wait', 'pass', 'trap', 'throw', 'own', 'swallow', 'fail', 'later', 'grow'].map(
    (name) => [`inner-${name}`, '', `(canon lower (func $inner "${name}"))`] as const,
  ),
  ['make', '(param i32) (result i32)', '(canon lower (func $inner "make"))'],
  ['take', '(param i32)', '(canon lower (func $inner "take"))'],
  ...['look', 'look-fail', 'look-later'].map(
    (name) => [name, '(param i32)', `(canon lower (func $inner "${name}"))`] as const,
  ),
  ['look-twice', '(param i32 i32)', '(canon lower (func $inner "look-twice"))'],
  ['drop-while-lent', '(param i32)', '(canon lower (func $borrower "drop-while-lent"))'],
  ['keep-borrow', '(param i32)', '(canon lower (func $borrower "keep-borrow"))'],
  ['drop-thing', '(param i32)', '(canon resource.drop $thing)'],
  ['new-own', '(param i32) (result i32)', '(canon resource.new $own)'],
  ['rep-own', '(param i32) (result i32)', '(canon resource.rep $own)'],
  ['drop-own', '(param i32)', '(canon resource.drop $own)'],
] as const;

/** A stack of handles in memory: `$keep`, `$top` and `$last`, which takes it off. */
function handleStack([keep, top, last]: readonly string[], count: string, at: number): string {
  const place = `(i32.add (i32.const ${at}) (i32.shl (global.get ${count}) (i32.const 2)))`;
  return `(global ${count} (mut i32) (i32.const 0))
    (func ${keep} (param i32)
      (i32.store ${place} (local.get 0)) (global.set ${count} (i32.add (global.get ${count}) (i32.const 1))))
    (func ${top} (result i32) (i32.load (i32.sub ${place} (i32.const 4))))
    (func ${last} (result i32) (call ${top}) (global.set ${count} (i32.sub (global.get ${count}) (i32.const 1))))`;
}

/** Four components: the actor, which does what the bytes say that it gets, and three that it calls. */
const ACTOR = `(component
  (import "test:actor/host@0.1.0" (instance $host
    (export "object" (type $o (sub resource)))
    ${['fail', 'fail-later', 'wait', 'maybe-wait'].map((name) => `(export "${name}" (func))`).join(' ')}
    (export "text" (func (result string))) (export "say" (func (param "text" string)))
    (export "new-object" (func (result (own $o)))) (export "new-bad-object" (func (result (own $o))))
    (export "use-object" (func (param "o" (borrow $o)))) (export "use-slowly" (func (param "o" (borrow $o))))))
  ${MIDDLE} ${INNER} ${BORROWER}
  (instance $middle (instantiate $Middle (with "host" (instance $host))))
  (instance $inner (instantiate $Inner (with "host" (instance $middle))))
  (instance $borrower (instantiate $Borrower (with "things" (instance $inner))))
  (alias export $inner "thing" (type $thing))
  (alias export $host "object" (type $object))
  (core func $out (canon lower (func $host "maybe-wait")))
  (core module $libc
    (import "h" "out" (func $out))
    (memory (export "memory") 2) (tag $t) (global $mode (export "mode") (mut i32) (i32.const 0))
    (global $next (mut i32) (i32.const 65536))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (if (i32.eq (global.get $mode) (i32.const 1)) (then (throw $t)))
      (if (i32.eq (global.get $mode) (i32.const 2)) (then ${caught('(call $out)')}))
      (if (i32.eq (global.get $mode) (i32.const 3)) (then unreachable))
      (if (i32.eq (global.get $mode) (i32.const 4)) (then (return (i32.const -1))))
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $libc (instantiate $libc (with "h" (instance (export "out" (func $out))))))
  (core module $destroying (memory 1)
    (func (export "dtor") (param i32) (i32.store (i32.const 0) (local.get 0))))
  (core instance $destroying (instantiate $destroying))
  (type $own (resource (rep i32) (dtor (core func $destroying "dtor"))))
  ${IMPORTS.map(([name, , canon]) => `(core func $${name} ${canon})`).join('\n')}
  (core module $m
    ${IMPORTS.map(([name, type]) => `(import "h" "${name}" (func $${name} ${type}))`).join('\n')}
    (import "libc" "memory" (memory 2)) (import "libc" "mode" (global $mode (mut i32)))
    (tag $own)
    (global $i64 (mut i64) (i64.const 3)) (global $f64 (mut f64) (f64.const nan:0x77)) (global $func (mut funcref) (ref.null func))
    (global $after (mut i32) (i32.const 0))
    (table $table 4 8 funcref) (elem (table $table) (i32.const 1) func $one)
    (func $one)
    ${handleStack(['$keep', '$top', '$last'], '$count', 1024)}
    ${handleStack(['$keep-object', '$top-object', '$last-object'], '$objects', 2048)}
    ${handleStack(['$keep-own', '$top-own', '$last-own'], '$owns', 3072)}
    ${Object.values(ACTS)
      .map((body, act) => `(func $act${act} ${body})`)
      .join('\n')}
    (table $acts funcref (elem ${Object.keys(ACTS)
      .map((_name, act) => `$act${act}`)
      .join(' ')}))
    (func (export "run") (param $at i32) (param $length i32) (result i32)
      (local $end i32)
      (local.set $end (i32.add (local.get $at) (local.get $length)))
      (loop $next
        (if (i32.lt_u (local.get $at) (local.get $end))
          (then
            (call_indirect $acts (i32.load8_u (local.get $at)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next))))
      (i32.store (i32.const 16) (i32.const 32)) (i32.store (i32.const 20) (i32.const 4))
      (i32.const 16))
    (func (export "after") (param i32)
      (if (i32.eq (global.get $after) (i32.const 1)) (then unreachable))
      (if (i32.eq (global.get $after) (i32.const 2)) (then ${caught('(call $maybe-wait)')}))
      (if (i32.eq (global.get $after) (i32.const 3)) (then (throw $own)))
      (global.set $i64 (i64.const 4))))
  (core instance $i (instantiate $m
    (with "libc" (instance $libc))
    (with "h" (instance ${IMPORTS.map(([name]) => `(export "${name}" (func $${name}))`).join(' ')}))))
  (func $run (param "acts" (list u8)) (result string)
    (canon lift (core func $i "run") ${WITH_MEMORY} (post-return (core func $i "after"))))
  (instance $api (export "run" (func $run)))
  (export "test:actor/guest" (instance $api)))`;

/** An object of the host's, which may not be one that can be dropped. */
class HostObject {
  readonly isBad: boolean;

  constructor(isBad: boolean) {
    this.isBad = isBad;
  }

  [Symbol.dispose](): void {
    if (this.isBad) throw new Trap('it cannot be dropped');
  }
}

const refuse = (): never => {
  throw new Trap('the host refuses');
};

/** What the actor imports. */
class ActorHost {
  /** Calls of `maybe-wait`, each other one of which waits. */
  #asked = 0;
  readonly interfaces: readonly HostInterface<WasiCtx>[] = [
    {
      name: 'test:actor/host',
      version: '0.1.0',
      resources: { object: HostObject },
      mayWait: ['fail-later', 'wait', 'maybe-wait', 'use-slowly'],
      funcs: {
        fail: refuse,
        'fail-later': () => nextTurn().then(refuse),
        wait: () => nextTurn(),
        'maybe-wait': () => ((this.#asked += 1) % 2 === 0 ? nextTurn() : undefined),
        text: () => 'a text of the host’s',
        say: () => undefined,
        'new-object': () => new HostObject(false),
        'new-bad-object': () => new HostObject(true),
        'use-object': () => undefined,
        'use-slowly': () => nextTurn(),
      },
    } as unknown as HostInterface<WasiCtx>,
  ];
}

export function linkActor(preemption?: Preemption<WasiCtx>): Promise<LinkedPre<WasiCtx>> {
  return linkText(ACTOR, new ActorHost().interfaces, preemption);
}

/** What a request has the actor do, as it takes it. */
export function toProgram(acts: readonly string[]): Uint8Array {
  return Uint8Array.from(acts, (act) => ALL_ACTS.indexOf(act));
}
