import { Readable } from 'node:stream';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { ok } from '../../src/util/result.ts';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { createSource } from '../../src/component/source.ts';
import { type Component, loadComponent } from '../../src/index.ts';
import { linkComponent } from '../../src/linker/link.ts';
import type { Instance } from '../../src/linker/instance-pre.ts';
import { composeGuests } from '../harness/compose.ts';
import { guestFile } from '../harness/guests.ts';
import { failuresOf, linesOf, serveGuest, untilAnswered } from '../harness/serve-guest.ts';

const composed = new Map<string, Promise<Uint8Array>>();
afterAll(() => composed.clear());

/** `middleware` before a guest of components/. */
async function behindMiddleware(handler: string, isolation: 'fresh' | 'restart' | 'reset'): Promise<Component> {
  let bytes = composed.get(handler);
  if (bytes === undefined) composed.set(handler, (bytes = composeGuests('middleware', handler)));
  return await loadComponent(await bytes, { label: `middleware before ${handler}`, engine: 'linker', isolation });
}

describe.each(['fresh', 'restart', 'reset'] as const)('a middleware before a handler, %s', (isolation) => {
  test('hello: the request passes through both, again and again', async () => {
    await using served = await serveGuest(await behindMiddleware('hello', isolation));
    for (let index = 0; index < 5; index += 1) {
      const response = await fetch(`${served.origin}/${index}`);
      expect([response.status, await response.text()]).toEqual([200, 'Hello from wasi-serve!\n']);
    }
    const lines = linesOf(served, 'stdout').filter((line) => line.includes('before'));
    expect(lines.map((line) => line.slice(line.indexOf('before')))).toEqual(
      [0, 1, 2, 3, 4].map((index) => `before /${index}`),
    );
  });

  test('the middleware can answer by itself', async () => {
    await using served = await serveGuest(await behindMiddleware('hello', isolation));
    const response = await fetch(`${served.origin}/refused`);
    expect([response.status, await response.text()]).toEqual([403, 'refused by the middleware\n']);
    expect(linesOf(served, 'stdout')).toEqual([]);
  });

  test('sleep: many wait in the handler concurrently, and the middleware continues afterwards', async () => {
    await using served = await serveGuest(await behindMiddleware('sleep', isolation));
    const requests = Array.from({ length: 8 }, async (_, index) => {
      const response = await fetch(`${served.origin}/?ms=${20 + index}`);
      expect(await response.text()).toBe(`slept ${20 + index}\n`);
    });
    await Promise.all(requests);
    await served.output.until(() => linesOf(served, 'stdout').filter((line) => line.includes('after')).length === 8);
    expect(failuresOf(served)).toEqual([]);
  });

  test('echo: a body that comes in pieces goes back through both', async () => {
    await using served = await serveGuest(await behindMiddleware('echo', isolation));
    const pieces = Array.from({ length: 40 }, (_, index) => `${index} `.repeat(1000));
    const body = Readable.toWeb(Readable.from(pieces.map((piece) => Buffer.from(piece))));
    const response = await fetch(served.origin, { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect(await response.text()).toBe(pieces.join(''));
  });

  test('a trap in the handler ends both, and the next request is served', async () => {
    await using served = await serveGuest(await behindMiddleware('trap-before', isolation));
    for (const path of ['/1', '/2']) {
      expect((await fetch(`${served.origin}${path}`)).status).toBe(500);
      await untilAnswered(served, path);
    }
    expect(linesOf(served, 'stdout').filter((line) => line.includes('after'))).toEqual([]);
    await served.events.until(
      () => failuresOf(served).filter((message) => message.includes('unreachable')).length === 2,
    );
  });
});

/** Instantiates a component in WAT that exports `acme:test/run`. */
async function instantiate(wat: string, interfaces: readonly HostInterface<object>[] = []): Promise<Instance<object>> {
  const pre = await linkComponent(createSource('test.wasm', await parse(`(component ${wat})`)), interfaces);
  return pre.instantiate({});
}

async function run(instance: Instance<object>, func: string, ...args: unknown[]): Promise<unknown> {
  return await instance.call({}, 'acme:test/run', func, args);
}

/** Defines a resource whose destructor logs its rep as a decimal digit. */
const DEFINER = `(component $a
  (core module $d
    (global $g (mut i32) (i32.const 0))
    (func (export "dtor") (param i32) (global.set $g (i32.add (i32.mul (global.get $g) (i32.const 10)) (local.get 0))))
    (func (export "log") (result i32) (global.get $g)))
  (core instance $d (instantiate $d))
  (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
  (core func $new (canon resource.new $r)) (core func $rep (canon resource.rep $r)) (core func $drop (canon resource.drop $r))
  (core module $m
    (import "r" "new" (func $new (param i32) (result i32))) (import "r" "rep" (func $rep (param i32) (result i32)))
    (import "r" "drop" (func $drop (param i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "value") (param i32) (result i32) (local.get 0))
    (func (export "take") (param i32) (result i32) (local $v i32)
      (local.set $v (call $rep (local.get 0))) (call $drop (local.get 0)) (local.get $v)))
  (core instance $m (instantiate $m (with "r" (instance (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
  (export $re "r" (type $r))
  (func (export "make") (param "n" u32) (result (own $re)) (canon lift (core func $m "make")))
  (func (export "value") (param "self" (borrow $re)) (result u32) (canon lift (core func $m "value")))
  (func (export "take") (param "self" (own $re)) (result u32) (canon lift (core func $m "take")))
  (func (export "log") (result u32) (canon lift (core func $d "log"))))`;

const IMPORT_A = `(import "a" (instance $a (export "r" (type $r (sub resource))) (export "make" (func (param "n" u32) (result (own $r))))
    (export "value" (func (param "self" (borrow $r)) (result u32))) (export "take" (func (param "self" (own $r)) (result u32)))
    (export "log" (func (result u32)))))
  (alias export $a "r" (type $r))`;

/** Is lent the resource of another: gives the borrow back, or keeps it. */
const BORROWER = `(component $c ${IMPORT_A}
  (core func $value (canon lower (func $a "value"))) (core func $drop (canon resource.drop $r))
  (core module $m
    (import "a" "value" (func $value (param i32) (result i32))) (import "a" "drop" (func $drop (param i32)))
    (func (export "peek") (param i32) (result i32) (local $v i32)
      (local.set $v (call $value (local.get 0))) (call $drop (local.get 0)) (local.get $v))
    (func (export "keep") (param i32) (result i32) (i32.const 0)))
  (core instance $m (instantiate $m (with "a" (instance (export "value" (func $value)) (export "drop" (func $drop))))))
  (func (export "peek") (param "r" (borrow $r)) (result u32) (canon lift (core func $m "peek")))
  (func (export "keep") (param "r" (borrow $r)) (result u32) (canon lift (core func $m "keep"))))`;

const USER_BODIES: Readonly<Record<string, string>> = {
  borrow:
    '(local.set $h (call $make (i32.const 7))) (local.set $v (call $value (local.get $h))) (call $drop (local.get $h))',
  give: '(local.set $h (call $make (i32.const 3))) (local.set $v (call $take (local.get $h)))',
  order:
    '(local.set $h (call $make (i32.const 1))) (local.set $v (call $make (i32.const 2))) (call $drop (local.get $v)) (call $drop (local.get $h)) (local.set $v (i32.const 0))',
  lend: '(local.set $h (call $make (i32.const 5))) (local.set $v (call $peek (local.get $h))) (call $drop (local.get $h))',
  'keep-borrow': '(local.set $h (call $make (i32.const 5))) (local.set $v (call $keep (local.get $h)))',
  'give-twice':
    '(local.set $h (call $make (i32.const 3))) (drop (call $take (local.get $h))) (drop (call $take (local.get $h)))',
  'drop-twice': '(local.set $h (call $make (i32.const 3))) (call $drop (local.get $h)) (call $drop (local.get $h))',
  forge: '(local.set $v (call $value (i32.const 99)))',
};
const LOWERED = ['make', 'value', 'take', 'log', 'peek', 'keep', 'drop'] as const;

/** Uses the resource; each function returns 100 times a value plus the log of drops. */
const USER = `(component $b ${IMPORT_A}
  (import "c" (instance $c (export "peek" (func (param "r" (borrow $r)) (result u32))) (export "keep" (func (param "r" (borrow $r)) (result u32)))))
  ${['make', 'value', 'take', 'log'].map((func) => `(core func $${func} (canon lower (func $a "${func}")))`).join(' ')}
  ${['peek', 'keep'].map((func) => `(core func $${func} (canon lower (func $c "${func}")))`).join(' ')}
  (core func $drop (canon resource.drop $r))
  (core module $m
    ${['make', 'value', 'take', 'peek', 'keep'].map((func) => `(import "a" "${func}" (func $${func} (param i32) (result i32)))`).join(' ')}
    (import "a" "log" (func $log (result i32))) (import "a" "drop" (func $drop (param i32)))
    ${Object.entries(USER_BODIES)
      .map(
        ([func, body]) =>
          `(func (export "${func}") (result i32) (local $h i32) (local $v i32) ${body} (i32.add (i32.mul (local.get $v) (i32.const 100)) (call $log)))`,
      )
      .join('\n')})
  (core instance $m (instantiate $m (with "a" (instance ${LOWERED.map((func) => `(export "${func}" (func $${func}))`).join(' ')}))))
  ${Object.keys(USER_BODIES)
    .map((func) => `(func (export "${func}") (result u32) (canon lift (core func $m "${func}")))`)
    .join('\n')})`;

const RESOURCES = `${DEFINER} ${BORROWER} ${USER}
  (instance $ai (instantiate $a)) (instance $ci (instantiate $c (with "a" (instance $ai))))
  (instance $bi (instantiate $b (with "a" (instance $ai)) (with "c" (instance $ci))))
  (export "acme:test/run" (instance $bi))`;

describe('resources that a component defines, in the hands of others', () => {
  test.each([
    ['borrow', 707],
    ['give', 303],
    ['order', 21],
    ['lend', 505],
  ])('%s', async (func, result) => {
    expect(await run(await instantiate(RESOURCES), func)).toBe(result);
  });

  test.each([
    ['keep-borrow', '1 borrowed handles were not dropped'],
    ['give-twice', 'handle 1'],
    ['drop-twice', 'handle 1'],
    ['forge', '99'],
  ])('%s traps', async (func, says) => {
    await expect(run(await instantiate(RESOURCES), func)).rejects.toThrow(says);
  });
});

/** A component whose function `go` calls `run` of another, which calls back into it; the callback then calls `target`. */
function reentrance(target: 'run' | 'nothing'): string {
  return `(core module $t (type $f (func)) (table (export "tab") 1 funcref) (func (export "cb") (call_indirect (type $f) (i32.const 0))))
    (core instance $t (instantiate $t))
    (func $cb (canon lift (core func $t "cb")))
    (component $a (import "cb" (func $cb)) (core func $cbl (canon lower (func $cb)))
      (core module $m (import "" "cb" (func $cb)) (func (export "run") (call $cb)))
      (core instance $m (instantiate $m (with "" (instance (export "cb" (func $cbl))))))
      (func (export "run") (canon lift (core func $m "run"))))
    (instance $a (instantiate $a (with "cb" (func $cb))))
    (core func $run (canon lower (func $a "run")))
    (core module $n (func (export "nothing")))
    (core instance $n (instantiate $n))
    (alias core export $n "nothing" (core func $nothing))
    (core module $x (import "t" "tab" (table 1 funcref)) (import "a" "target" (func $f)) (elem (i32.const 0) func $f))
    (core instance (instantiate $x (with "t" (instance $t)) (with "a" (instance (export "target" (func $${target}))))))
    (core module $go (import "a" "run" (func $run)) (func (export "go") (call $run)))
    (core instance $go (instantiate $go (with "a" (instance (export "run" (func $run))))))
    (func $go (canon lift (core func $go "go")))
    (instance $out (export "go" (func $go)))
    (export "acme:test/run" (instance $out))`;
}

/** The function `say` takes or gives a string, and an import is called in `realloc` or post-return. */
function callOutFrom(place: 'realloc' | 'post-return', nowhere = false): string {
  const call = (where: string): string => (where === place && !nowhere ? '(call $out)' : '');
  return `(component $o (core module $m (func (export "out"))) (core instance $m (instantiate $m)) (func (export "out") (canon lift (core func $m "out"))))
    (instance $o (instantiate $o)) (core func $out (canon lower (func $o "out")))
    (core module $m (import "o" "out" (func $out)) (memory (export "mem") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) ${call('realloc')} (i32.const 64))
      (func (export "say") (param i32 i32) (result i32) (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8))
      (func (export "post") (param i32) ${call('post-return')}))
    (core instance $m (instantiate $m (with "o" (instance (export "out" (func $out))))))
    (func $say (param "s" string) (result string)
      (canon lift (core func $m "say") (memory (core memory $m "mem")) (realloc (core func $m "realloc")) (post-return (core func $m "post"))))
    (instance $x (export "say" (func $say)))
    (export "acme:test/run" (instance $x))`;
}

/** A component whose resource has a destructor that calls the host, another that drops one, or does so in its start function. */
function droppedByOther(inStart: boolean): string {
  const drops = '(call $drop (call $make (i32.const 4)))';
  return `(import "acme:clock/clock@1.0.0" (instance $clock (export "wait" (func))))
    (alias export $clock "wait" (func $w))
    (component $a (import "w" (func $w))
      (core func $w (canon lower (func $w)))
      (core module $d (import "" "w" (func $w)) (global $g (mut i32) (i32.const 0))
        (func (export "dtor") (param i32) (call $w) (global.set $g (local.get 0))) (func (export "log") (result i32) (global.get $g)))
      (core instance $d (instantiate $d (with "" (instance (export "w" (func $w))))))
      (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
      (core func $new (canon resource.new $r))
      (core module $m (import "" "new" (func $new (param i32) (result i32))) (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
      (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
      (export $re "r" (type $r))
      (func (export "make") (param "n" u32) (result (own $re)) (canon lift (core func $m "make")))
      (func (export "log") (result u32) (canon lift (core func $d "log"))))
    (component $b (import "a" (instance $a (export "r" (type $r (sub resource))) (export "make" (func (param "n" u32) (result (own $r)))) (export "log" (func (result u32)))))
      (alias export $a "r" (type $r))
      (core func $make (canon lower (func $a "make"))) (core func $log (canon lower (func $a "log"))) (core func $drop (canon resource.drop $r))
      (core module $m (import "a" "make" (func $make (param i32) (result i32))) (import "a" "log" (func $log (result i32))) (import "a" "drop" (func $drop (param i32)))
        (func $start ${inStart ? drops : ''}) (start $start)
        (func (export "go") (result i32) ${inStart ? '' : drops} (call $log)))
      (core instance $m (instantiate $m (with "a" (instance (export "make" (func $make)) (export "log" (func $log)) (export "drop" (func $drop))))))
      (func (export "go") (result u32) (canon lift (core func $m "go"))))
    (instance $ai (instantiate $a (with "w" (func $w)))) (instance $bi (instantiate $b (with "a" (instance $ai))))
    (export "acme:test/run" (instance $bi))`;
}

function clock(wait: () => unknown, mayWait: readonly string[]): HostInterface<object> {
  return { name: 'acme:clock/clock', version: '1.0.0', resources: {}, mayWait, funcs: { wait } };
}

describe('a destructor that calls the host', () => {
  test('may wait when another component drops the handle', async () => {
    const waits = clock(async () => await new Promise((resolve) => setTimeout(resolve, 1)), ['wait']);
    expect(await run(await instantiate(droppedByOther(false), [waits]), 'go')).toBe(4);
  });

  test('may run while a component starts, if it answers immediately', async () => {
    let calls = 0;
    const atOnce = clock(() => void (calls += 1), []);
    expect(await run(await instantiate(droppedByOther(true), [atOnce]), 'go')).toBe(4);
    expect(calls).toBe(1);
  });
});

/** What an embedder provides besides WASI: a resource whose method waits. */
class Bucket {
  readonly name: string;
  readonly #log: string[];

  constructor(name: string, log: string[]) {
    this.name = name;
    this.#log = log;
    log.push(`open ${name}`);
  }

  async exists(key: string): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.#log.push(`exists ${key}`);
    return true;
  }

  [Symbol.dispose](): void {
    this.#log.push(`drop ${this.name}`);
  }
}

function userInterfaces(log: string[]): HostInterface<object>[] {
  return [
    {
      name: 'acme:keyvalue/store',
      version: '0.2.0-draft',
      resources: { bucket: Bucket },
      mayWait: ['[method]bucket.exists'],
      funcs: {
        open: (_ctx: object, name: string) => ok(new Bucket(name, log)),
        '[method]bucket.exists': async (_ctx: object, bucket: Bucket, key: string) => ok(await bucket.exists(key)),
      },
    },
    {
      name: 'acme:greeter/greet',
      version: '1.3.0',
      resources: {},
      mayWait: [],
      funcs: { greet: (_ctx: object, name: string) => `Hello ${name}` },
    },
  ];
}

describe('interfaces that a user brings', () => {
  test.each([
    { engine: 'linker', isolation: 'fresh' },
    { engine: 'linker', isolation: 'reset' },
    { engine: 'jco', isolation: 'fresh' },
  ] as const)('serve a proxy that imports them: $engine $isolation', async (way) => {
    const log: string[] = [];
    const interfaces = userInterfaces(log);
    await using served = await serveGuest(
      await loadComponent(guestFile('missing-import'), { interfaces, ...way, cache: false }),
    );
    for (let index = 0; index < 2; index += 1) {
      log.length = 0;
      expect(await (await fetch(served.origin)).text()).toBe('Hello wasi-serve ok\n');
      expect(log).toEqual(['open default', 'exists greeting', 'drop default']);
    }
  });

  /** `keep` gives the card back; `spend` gives it away. */
  class Card {
    value = 1;
    dropped = 0;
    [Symbol.dispose](): void {
      this.dropped += 1;
    }
  }

  async function withCards(body: string): Promise<{ readonly instance: Instance<object>; readonly card: Card }> {
    const card = new Card();
    const cards: HostInterface<object> = {
      name: 'acme:cards/cards',
      version: '0.1.0',
      resources: { card: Card },
      mayWait: ['wait'],
      funcs: {
        '[constructor]card': () => card,
        '[method]card.look': (_ctx: object, self: Card) => self.value,
        wait: async (_ctx: object, self: Card) => {
          await Promise.resolve();
          return (self.value += 1);
        },
        spend: (_ctx: object, self: Card) => (self.value += 10),
      },
    };
    const one = '(param i32) (result i32)';
    const wat = `(import "acme:cards/cards@0.1.0" (instance $i (export "card" (type $c (sub resource)))
        (export "[constructor]card" (func (result (own $c)))) (export "[method]card.look" (func (param "self" (borrow $c)) (result u32)))
        (export "wait" (func (param "c" (borrow $c)) (result u32))) (export "spend" (func (param "c" (own $c)) (result u32)))))
      (alias export $i "card" (type $c)) (core func $drop (canon resource.drop $c))
      (core func $new (canon lower (func $i "[constructor]card"))) (core func $look (canon lower (func $i "[method]card.look")))
      (core func $wait (canon lower (func $i "wait"))) (core func $spend (canon lower (func $i "spend")))
      (core module $m (import "c" "new" (func $new (result i32))) (import "c" "look" (func $look ${one})) (import "c" "wait" (func $wait ${one}))
        (import "c" "spend" (func $spend ${one})) (import "c" "drop" (func $drop (param i32)))
        (func (export "go") (result i32) (local $h i32) (local.set $h (call $new)) ${body}))
      (core instance $m (instantiate $m (with "c" (instance (export "new" (func $new)) (export "look" (func $look)) (export "wait" (func $wait))
        (export "spend" (func $spend)) (export "drop" (func $drop))))))
      (func $go (result u32) (canon lift (core func $m "go"))) (instance $x (export "go" (func $go))) (export "acme:test/run" (instance $x))`;
    return { instance: await instantiate(wat, [cards]), card };
  }

  test.each([
    ['a borrow', '(call $look (local.get $h)) (call $drop (local.get $h))', 1, 1],
    ['a borrow while the host waits', '(call $wait (local.get $h)) (call $drop (local.get $h))', 2, 1],
    ['an own, given away', '(call $spend (local.get $h))', 11, 0],
  ])('%s', async (_what, body, result, drops) => {
    const { instance, card } = await withCards(body);
    expect([await run(instance, 'go'), card.dropped]).toEqual([result, drops]);
  });

  test.each([
    ['a card that was given away', '(drop (call $spend (local.get $h))) (call $look (local.get $h))'],
    ['a card that was dropped', '(call $drop (local.get $h)) (call $look (local.get $h))'],
  ])('%s is gone', async (_what, body) => {
    const { instance } = await withCards(body);
    await expect(run(instance, 'go')).rejects.toThrow('handle 1');
  });
});

describe('which component may call which', () => {
  test('a component calls back into the one around it', async () => {
    await expect(run(await instantiate(reentrance('nothing')), 'go')).resolves.toBeUndefined();
  });

  test('a component that is re-entered while it runs traps', async () => {
    await expect(run(await instantiate(reentrance('run')), 'go')).rejects.toThrow('a component was re-entered');
  });

  test.each(['realloc', 'post-return'] as const)('a call out of %s traps', async (place) => {
    await expect(run(await instantiate(callOutFrom(place)), 'say', 'hi')).rejects.toThrow(
      'within realloc or post-return',
    );
    expect(await run(await instantiate(callOutFrom(place, true)), 'say', 'hi')).toBe('hi');
  });

  test('a function that was lowered is not lifted as it is', async () => {
    const wat = `(component $o (core module $m (func (export "out"))) (core instance $m (instantiate $m)) (func (export "out") (canon lift (core func $m "out"))))
      (instance $o (instantiate $o)) (core func $out (canon lower (func $o "out"))) (func $again (canon lift (core func $out)))`;
    await expect(instantiate(wat)).rejects.toMatchObject({ code: 'not-supported' });
  });
});
