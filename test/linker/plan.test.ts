import { readFileSync } from 'node:fs';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { decodeComponent } from '../../src/component/decode.ts';
import type { Definition } from '../../src/component/definitions.ts';
import { createSource } from '../../src/component/source.ts';
import { linkComponent, planComponent } from '../../src/linker/link.ts';
import { emitMakers } from '../../src/linker/run/makers.ts';
import type { Plan } from '../../src/linker/plan/plan.ts';
import { HostError } from '../../src/util/host-error.ts';
import type { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { wasiInterfaces } from '../../src/wasi/interfaces.ts';
import { guestFile } from '../harness/guests.ts';
import { mutations, readSmall } from '../harness/mutations.ts';

function plan(bytes: Uint8Array, interfaces: readonly HostInterface<WasiCtx>[] = wasiInterfaces): Plan<WasiCtx> {
  return planComponent(createSource('guest.wasm', bytes), interfaces);
}

function planGuest(name: string): Plan<WasiCtx> {
  return plan(readFileSync(guestFile(name)));
}

async function planWat(wat: string, interfaces?: readonly HostInterface<WasiCtx>[]): Promise<Plan<WasiCtx>> {
  return plan(await parse(`(component ${wat})`), interfaces);
}

describe('a guest in Rust is one core instance', () => {
  test.each(['hello', 'echo', 'sleep', 'hello-wstd', 'hello-axum', 'wasi-mixed', 'proxy'])('%s', (name) => {
    const { steps, modules } = planGuest(name);
    expect(modules).toHaveLength(3);
    expect(steps.map(({ module }) => module)).toEqual([0]);
    expect(steps[0]?.imports.filter(({ item }) => item.from === 'export')).toEqual([]);
  });
});

describe('a guest in JavaScript', () => {
  test('keeps the shim of what its adapter exports, and nothing that fills it with functions of the host', () => {
    const { steps, modules, lowerings } = planGuest('js-raw');
    expect(steps.length).toBeLessThanOrEqual(modules.length);
    for (const [index, step] of steps.entries()) {
      const later = step.imports.filter(({ item }) => item.from === 'export' && item.step >= index);
      expect(later).toEqual([]);
    }
    expect(lowerings.length).toBeGreaterThan(0);
  });
});

test('all that a step needs comes before it', () => {
  for (const name of ['hello', 'command', 'js-raw', 'js-hono']) {
    for (const [index, { imports }] of planGuest(name).steps.entries()) {
      for (const { item } of imports) if (item.from === 'export') expect(item.step).toBeLessThan(index);
    }
  }
});

test('exports are found by interface without version', () => {
  const { exports } = planGuest('hello');
  expect([...exports.keys()]).toEqual(['wasi:http/incoming-handler']);
  expect(exports.get('wasi:http/incoming-handler')?.get('handle')?.type.params).toHaveLength(2);
});

test('a module that is brought along twice is compiled once', async () => {
  const { modules, steps, componentInstances } = await planWat(`
    (component $c (core module $m (func (export "f"))) (core instance (instantiate $m)))
    (instance (instantiate $c)) (instance (instantiate $c))`);
  expect([modules.length, steps.length]).toEqual([1, 2]);
  expect(componentInstances).toEqual([undefined, 0, 0]);
});

/** What planning is refused with. */
async function refusal(planning: Promise<unknown>): Promise<HostError> {
  const error: unknown = await planning.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HostError);
  return error as HostError;
}

const GREETER: HostInterface<WasiCtx> = {
  name: 'acme:greeter/greet',
  version: '1.2.0',
  resources: {},
  mayWait: [],
  funcs: { greet: (_ctx: WasiCtx, name: string) => `Hello ${name}` },
};

describe('what is missing is named', () => {
  test('functions that the host interface lacks, in one message', async () => {
    const wat = `(import "acme:greeter/greet@1.0.0" (instance
      (export "greet" (func (param "name" string) (result string))) (export "wave" (func)) (export "constructor" (func))))`;
    const { code, message } = await refusal(planWat(wat, [GREETER]));
    expect(code).toBe('missing-import');
    expect(message.split('\n').slice(1)).toEqual([
      '  acme:greeter/greet@1.0.0#wave',
      '  acme:greeter/greet@1.0.0#constructor',
    ]);
  });

  test.each([
    [
      'a resource',
      '(import "acme:greeter/greet@1.0.0" (instance (export "card" (type (sub resource)))))',
      'does not define the resource card',
    ],
    [
      'a resource named as objects have one',
      '(import "acme:greeter/greet@1.0.0" (instance (export "constructor" (type (sub resource)))))',
      'does not define the resource constructor',
    ],
    ['an interface', '(import "acme:greeter/other@1.0.0" (instance))', 'acme:greeter/other@1.0.0'],
    ['a function of the world', '(import "greet" (func))', 'greet'],
  ])('%s', async (_what, wat, says) => {
    expect(await refusal(planWat(wat, [GREETER]))).toMatchObject({
      code: 'missing-import',
      message: expect.stringContaining(says),
    });
  });
});

describe('what is not supported says so', () => {
  test.each([
    [
      'an async function',
      '(core module $m (func (export "f"))) (core instance $i (instantiate $m)) (alias core export $i "f" (core func $f)) (func async (canon lift (core func $f) async))',
    ],
    ['a canonical form of WASI 0.3', '(core func (canon waitable-set.new))'],
    ['a stream', '(type (stream u8))'],
  ])('%s', async (_what, wat) => {
    expect(await refusal(planWat(wat))).toMatchObject({ code: 'not-supported' });
  });
});

describe('malformed components are refused', () => {
  const U8_RECORD = [1, 0x72, 1, 1, 97, 0x7d];
  test.each<[what: string, sections: number[][], says: string]>([
    [
      'a function type that is none',
      [
        [7, ...sized(U8_RECORD)],
        [8, ...sized([1, 0, 0, 0, 0, 0])],
      ],
      'not a function type',
    ],
    [
      'a core function that is not there',
      [
        [7, ...sized([1, 0x40, 0, 1, 0])],
        [8, ...sized([1, 0, 0, 0, 0, 0])],
      ],
      'unknown core func 0',
    ],
    ['a type that is not there', [[8, ...sized([1, 2, 7])]], 'unknown type 7'],
    [
      'a resource that is none',
      [
        [7, ...sized(U8_RECORD)],
        [8, ...sized([1, 2, 0])],
      ],
      'type 0 is not a resource',
    ],
    ['a core instance that is not there', [[6, ...sized([1, 0, 0, 1, 3, 1, 97])]], 'unknown core instance 3'],
    ['an instance that is not there', [[6, ...sized([1, 1, 0, 3, 1, 97])]], 'unknown instance 3'],
    ['an alias beyond the component', [[6, ...sized([1, 3, 2, 5, 0])]], 'reaches beyond the component'],
    ['a core module that is not there', [[2, ...sized([1, 0, 9, 0])]], 'unknown core module 9'],
    ['a component that is not there', [[5, ...sized([1, 0, 9, 0])]], 'unknown component 9'],
    ['an export that is not there', [[11, ...sized([1, 0, 1, 97, 1, 4, 0])]], 'unknown func 4'],
  ])('%s', async (_what, sections, says) => {
    const bytes = Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, ...sections.flat()]);
    const error = await refusal(Promise.resolve().then(() => plan(bytes)));
    expect(error).toMatchObject({ code: 'bad-component', message: expect.stringContaining(says) });
  });

  test.each(['new', 'rep'])('resource.%s of a resource that another defines', async (op) => {
    const wat = `(import "wasi:io/error@0.2.0" (instance $e (export "error" (type (sub resource)))))
      (alias export $e "error" (type $r)) (core func (canon resource.${op} $r))`;
    expect(await refusal(planWat(wat))).toMatchObject({
      code: 'bad-component',
      message: expect.stringContaining('defines'),
    });
  });

  test('a component that instantiates itself', async () => {
    const self = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 6, ...sized([1, 4, 2, 1, 0]), 5, ...sized([1, 0, 0, 0])];
    const bytes = Uint8Array.from([
      0x00,
      0x61,
      0x73,
      0x6d,
      0x0d,
      0,
      1,
      0,
      4,
      ...sized(self),
      5,
      ...sized([1, 0, 0, 0]),
    ]);
    const error = await refusal(Promise.resolve().then(() => plan(bytes)));
    expect(error).toMatchObject({
      code: 'bad-component',
      message: expect.stringContaining('unknown component 0 at this point'),
    });
  });

  test('components that instantiate each other twice at each of fifty levels', async () => {
    let wat = '(component $c)';
    for (let level = 0; level < 50; level += 1)
      wat = `(component $c ${wat} (instance (instantiate $c)) (instance (instantiate $c)))`;
    const { code, message } = await refusal(planWat(`${wat} (instance (instantiate $c))`));
    expect([code, message]).toEqual(['not-supported', expect.stringContaining('more than 1000 component instances')]);
  });

  test.each(['hello', 'echo', 'wasi-mixed'])('%s with bytes changed is planned or refused', (name) => {
    const property = fc.property(mutations(readSmall(name)), (bytes) => {
      try {
        emitMakers(plan(bytes));
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        expect(['bad-component', 'missing-import', 'not-supported']).toContain(error.code);
      }
    });
    fc.assert(property, { numRuns: 1500 });
  });
});

async function link(wat: string): Promise<unknown> {
  return await linkComponent(createSource('guest.wasm', await parse(`(component ${wat})`)), wasiInterfaces);
}

describe('core modules reach nothing of the host that they are not given', () => {
  const STORES = '(i32.store (i32.const 0) (i32.const 1)) (drop (memory.grow (i32.const 1)))';

  test.each([
    ['a memory', '(i32.store 1 (i32.const 0) (i32.const 1))'],
    ['a memory, atomically', '(i32.atomic.store 1 (i32.const 0) (i32.const 1))'],
    ['a memory, in bulk', '(memory.copy 1 0 (i32.const 0) (i32.const 0) (i32.const 8))'],
    ['the size of a memory', '(drop (memory.grow 1 (i32.const 1)))'],
    ['a global', '(global.set 1 (i32.const 0))'],
    ['a function', '(call 1)'],
  ])('%s just beyond its own is refused, though rewriting adds some', async (_what, body) => {
    const module = `(module $m (memory (export "m") 1) (global (export "g") (mut i32) (i32.const 0)) (func (export "f") ${STORES} ${body}))`;
    const error = await refusal(link(`(core ${module.slice(1)} (core instance (instantiate $m))`));
    expect(error).toMatchObject({
      code: 'bad-component',
      message: expect.stringContaining('a core module is invalid'),
    });
  });

  test('an import by the name that the host keeps for itself', async () => {
    const wat = `(core module $x (memory (export "cards") 1)) (core instance $x (instantiate $x))
      (core module $m (import "wasi-serve" "cards" (memory 1))) (core instance (instantiate $m (with "wasi-serve" (instance $x))))`;
    expect(await refusal(link(wat))).toMatchObject({
      code: 'bad-component',
      message: expect.stringContaining('reserved'),
    });
  });

  test('a module with bytes changed is linked or refused', async () => {
    const bytes = readFileSync(guestFile('hello'));
    const [module] = decodeComponent(createSource('hello', bytes)).definitions.filter(({ at }) => at === 'core module');
    const { offset, bytes: code } = module as Definition & { at: 'core module' };
    const offsets = Array.from(code.keys(), (index) => offset + index);
    const property = fc.asyncProperty(mutations({ bytes, offsets }), async (mutated) => {
      const error: unknown = await linkComponent(createSource('hello', mutated), wasiInterfaces).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error !== undefined) expect(error).toBeInstanceOf(HostError);
    });
    await fc.assert(property, { numRuns: 300 });
  });
});

/** The content of a section after its length; none here is longer than 127 bytes. */
function sized(contents: readonly number[]): number[] {
  return [contents.length, ...contents];
}
