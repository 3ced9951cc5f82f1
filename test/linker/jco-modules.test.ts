import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { expect, test } from 'vitest';
import { type JcoModules, prepareJcoModules } from '../../src/linker/jco/jco-modules.ts';
import { type Preemption, DECISION, type Decision } from '../../src/linker/preemption.ts';
import { HostError } from '../../src/util/host-error.ts';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';

const NAME = 'component.core.wasm';

const nothing = (): void => undefined;

/** Another guest always wants the thread. Each context is the decision on its guest. */
function createEager(): Preemption<Decision> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  new Int32Array(memory.buffer)[0] = 1;
  return { memory, enter: nothing, leave: nothing, interrupt: (ctx) => ctx, pause: (ctx) => Promise.resolve(ctx) };
}

async function prepare(wat: string, preemption?: Preemption<Decision>): Promise<JcoModules<Decision>> {
  const artifacts = new Map([[NAME, await parse(wat)]]);
  return await prepareJcoModules(artifacts, { limits: DEFAULT_LIMITS, preemption });
}

const COUNT = `(module (memory 1) (func (export "count") (result i32) (local $n i32)
  (loop $again (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 9))))
  (local.get $n)))`;

const CASES = [
  { decision: 'goOn', outcome: 9 },
  // It is not known where it can be suspended.
  { decision: 'pause', outcome: 9 },
  { decision: 'trap', outcome: 'unreachable' },
] as const;

test.each(CASES)('a guest with the decision $decision continues or traps', async ({ decision, outcome }) => {
  const modules = await prepare(COUNT, createEager());
  const { exports } = modules.instantiatorFor({ ctx: DECISION[decision] }).instantiate(modules.get(NAME));
  const count = exports['count'] as () => number;
  if (outcome === 9) expect(count()).toBe(9);
  else expect(count).toThrow(new WebAssembly.RuntimeError(outcome));
});

test('each instance has memories of its own', async () => {
  const modules = await prepare('(module (memory (export "memory") 1))', createEager());
  const { instantiate } = modules.instantiatorFor({ ctx: DECISION.goOn });
  const [one, other] = [1, 2].map(() => instantiate(modules.get(NAME)).exports['memory']);
  expect(one).not.toBe(other);
});

test('without preemption modules import their memory and nothing more', async () => {
  const modules = await prepare(COUNT);
  const imports = WebAssembly.Module.imports(modules.get(NAME));
  expect(imports.map(({ module, name, kind }) => [module, name, kind])).toEqual([['wasi-serve', 'memory', 'memory']]);
});

test.each([
  ['that imports what is ours', '(module (import "wasi-serve" "word" (memory 1 1 shared)))', /reserved/],
  [
    'that names a memory it does not have, which would be ours',
    '(module (memory 1) (func (i32.store 1 (i32.const 0) (i32.const 0))))',
    /a core module is invalid/,
  ],
  ['whose memory is larger than permitted', '(module (memory 9000))', /a memory of 9000 pages/],
])('a module %s is refused', async (_what, wat, message) => {
  const preparing = prepare(wat, createEager());
  await expect(preparing).rejects.toThrow(HostError);
  await expect(preparing).rejects.toThrow(message);
});

test('functions of other core modules are given as they are, whatever their types', async () => {
  const many = '(param i32) '.repeat(200);
  const types = `(rec (type $f (func (param i32) (result i32))) (type $g (func)))`;
  const artifacts = new Map([
    [
      'one.wasm',
      await parse(`(module ${types} (func (export "f") (type $f) (local.get 0)) (func (export "many") ${many}))`),
    ],
    [
      'other.wasm',
      await parse(`(module ${types} (import "one" "f" (func $f (type $f))) (import "one" "many" (func ${many}))
        (func (export "f") (result i32) (call $f (i32.const 5))))`),
    ],
  ]);
  const modules = await prepareJcoModules(artifacts, { limits: DEFAULT_LIMITS });
  const { instantiate } = modules.instantiatorFor({ ctx: DECISION.goOn });
  const { exports: one } = instantiate(modules.get('one.wasm'));
  const { exports: other } = instantiate(modules.get('other.wasm'), { one });
  expect((other['f'] as () => number)()).toBe(5);
});

test('what JavaScript throws is reported, and passes through the guest as a trap', async () => {
  const wat = `(module (import "" "f" (func $f))
    (func (export "f") (block $caught (try_table (catch_all $caught) (call $f)))))`;
  const modules = await prepareJcoModules(new Map([[NAME, await parse(wat)]]), { limits: DEFAULT_LIMITS });
  const ends: unknown[] = [];
  const error = new Error('thrown');
  const fail = (): never => {
    throw error;
  };
  const { exports } = modules
    .instantiatorFor({ ctx: DECISION.goOn }, (by) => ends.push(by))
    .instantiate(modules.get(NAME), {
      '': { f: fail },
    });
  expect(exports['f']).toThrow(WebAssembly.RuntimeError);
  expect(ends).toEqual([error]);
});
