import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guardInterface } from '../../src/abi/emit/guard.ts';
import type { HostInterface, ResourceClass } from '../../src/abi/host-interface.ts';
import { toKey } from '../../src/abi/shape.ts';
import { Trap } from '../../src/util/trap.ts';
import type { ValType } from '../../src/abi/types.ts';
import { casesOf } from '../../src/abi/despecialize.ts';
import { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { wasiInterfaces } from '../../src/wasi/interfaces.ts';
import { readWitFuncs } from '../harness/wit-funcs.ts';

const ctx = new WasiCtx({});
/** What is checked of the functions of each interface. */
const PARAMS = Object.fromEntries(wasiInterfaces.map(({ name, params }) => [name, params]));
const witFuncs = await readWitFuncs();
const served = new Map<string, HostInterface<WasiCtx>>(wasiInterfaces.map((host) => [host.name, host]));
const classes = new Map(wasiInterfaces.flatMap(({ resources }) => Object.entries(resources)));

/** A type without what two descriptions of it may differ in. */
function plainly(t: ValType): unknown {
  return JSON.parse(JSON.stringify(t, (key, value: unknown) => (key === 'repClass' ? undefined : value))) as unknown;
}

function paramsOf(interfaceName: string, name: string): readonly ValType[] {
  return PARAMS[interfaceName]?.[name] ?? [];
}

test('every function that is served is in the WIT, and the other way round', () => {
  const inWit = witFuncs.map(({ interfaceName, name }) => `${interfaceName}#${name}`);
  const all = wasiInterfaces.flatMap((host) => Object.keys(host.funcs).map((name) => `${host.name}#${name}`));
  expect(inWit.toSorted()).toEqual(all.toSorted());
});

/** Nobody ever holds one, so that only `self` is checked. */
const isUnreachable = (interfaceName: string, name: string): boolean =>
  name.startsWith('[method]') && /^wasi:(?:sockets|filesystem)\//.test(interfaceName);

test('what is checked of each function is what its WIT says', () => {
  for (const { interfaceName, name, type } of witFuncs) {
    const self = name.startsWith('[method]') ? 1 : 0;
    if (isUnreachable(interfaceName, name)) continue;
    const inWit = type.params.slice(self).map((param) => plainly(param.type));
    expect(paramsOf(interfaceName, name).map(plainly), `${interfaceName}#${name}`).toEqual(inWit);
  }
});

test('nothing else is said of any function', () => {
  const named = Object.entries(PARAMS).flatMap(([host, funcs]) => Object.keys(funcs).map((name) => `${host}#${name}`));
  const inWit = new Set(witFuncs.map(({ interfaceName, name }) => `${interfaceName}#${name}`));
  expect(named.filter((name) => !inWit.has(name))).toEqual([]);
});

test('each resource is of the class that its interface names', () => {
  const check = (t: ValType): void => {
    if (t.kind === 'own' || t.kind === 'borrow') expect(t.resource.repClass).toBe(classes.get(t.resource.name));
    if (t.kind === 'list') check(t.element);
    if (t.kind === 'tuple') t.elements.forEach(check);
    if (t.kind === 'option' || t.kind === 'result' || t.kind === 'variant') {
      for (const { type } of casesOf(t)) if (type !== undefined) check(type);
    }
  };
  for (const funcs of Object.values(PARAMS)) for (const types of Object.values(funcs)) types.forEach(check);
});

/** As an object of the class that its constructor has not seen: it passes for one, and nothing else does. */
function repOf(repClass: ResourceClass): object {
  return Object.create(repClass.prototype) as object;
}

/** A value of a type, as lifting makes it. */
function valueOf(t: ValType): unknown {
  if (t.kind === 'list') return t.element.kind === 'u8' ? new Uint8Array(3) : [valueOf(t.element)];
  if (t.kind === 'tuple') return t.elements.map(valueOf);
  if (t.kind === 'record') return Object.fromEntries(t.fields.map(({ label, type }) => [toKey(label), valueOf(type)]));
  if (t.kind === 'flags') return Object.fromEntries(t.labels.map((label) => [toKey(label), false]));
  if (t.kind === 'option') return valueOf(t.some);
  if (t.kind === 'enum') return t.labels[0];
  if (t.kind === 'own' || t.kind === 'borrow') return repOf(classes.get(t.resource.name) as ResourceClass);
  if (t.kind === 'variant' || t.kind === 'result') {
    const [first] = casesOf(t);
    return { tag: first?.label, val: first?.type && valueOf(first.type) };
  }
  return { bool: true, string: 'a', u64: 7n, u8: 7, u16: 7, u32: 7 }[t.kind as string];
}

/** Whether a value is one of a type, said once more and otherwise. */
function isOf(v: unknown, t: ValType): boolean {
  if (t.kind === 'string') return typeof v === 'string';
  if (t.kind === 'bool') return typeof v === 'boolean';
  if (t.kind === 'u64') return typeof v === 'bigint' && v >= 0n && v < 2n ** 64n;
  if (t.kind === 'u8' || t.kind === 'u16' || t.kind === 'u32')
    return Number.isInteger(v) && (v as number) >= 0 && (v as number) < 2 ** Number(t.kind.slice(1));
  if (t.kind === 'option') return v === undefined || isOf(v, t.some);
  if (t.kind === 'enum') return typeof v === 'string' && t.labels.includes(v);
  if (t.kind === 'own' || t.kind === 'borrow') return v instanceof (classes.get(t.resource.name) as never);
  return isOfParts(v, t);
}

function isOfParts(v: unknown, t: ValType): boolean {
  if (t.kind === 'list' && t.element.kind === 'u8') return v instanceof Uint8Array;
  if (t.kind === 'list') return Array.isArray(v) && v.every((element) => isOf(element, t.element));
  if (t.kind === 'tuple')
    return Array.isArray(v) && v.length === t.elements.length && t.elements.every((e, i) => isOf(v[i], e));
  if (!isObject(v)) return false;
  if (t.kind === 'record') return t.fields.every(({ label, type }) => isOf(v[toKey(label)], type));
  if (t.kind === 'flags') return t.labels.every((label) => typeof v[toKey(label)] === 'boolean');
  if (t.kind !== 'variant' && t.kind !== 'result') throw new Error(`no parameter is a ${t.kind}`);
  const found = casesOf(t).find(({ label }) => label === v['tag']);
  if (found === undefined) return false;
  return found.type === undefined ? v['val'] === undefined : isOf(v['val'], found.type);
}

function isObject(v: unknown): v is Record<string, unknown> {
  return typeof v === 'object' && v !== null;
}

/** What components that lie about their types have the host lift. */
const LIES: readonly unknown[] = [
  undefined,
  true,
  0,
  -1,
  7.5,
  2 ** 53,
  NaN,
  7n,
  -1n,
  2n ** 64n,
  '',
  'text',
  'ipv4',
  [],
  ['a', new Uint8Array(1)],
  [['a', 'b']],
  [1, 2],
  new Uint8Array(2),
  new Uint16Array(2),
  {},
  { byteLength: 4 },
  { length: 3 },
  { entries: [1, 2] },
  { entries: [['content-length', '1']] },
  { tag: 'ok', val: undefined },
  { tag: 'ok', val: { status: 200, fields: [['connection', 'close']] } },
  { tag: 'err', val: { tag: 'internal-error', val: 7 } },
  { tag: 'err', val: 'internal-error' },
  { tag: 'other', val: 7 },
  { tag: 'constructor' },
  { readiness: {} },
  { cause: { tag: 'loop-detected' } },
  ...[...classes.values()].map(repOf),
];

const checked = wasiInterfaces.flatMap((host) =>
  Object.keys(host.funcs).flatMap((name) => {
    const self = name.startsWith('[method]') ? [selfOf(name)] : [];
    const types = [...self, ...paramsOf(host.name, name)];
    return types.length === 0 ? [] : [{ host, name, label: `${host.name}#${name}`, types }];
  }),
);

test.each(checked)('$label traps for what is not of its types', ({ host, name, label, types }) => {
  const func = host.funcs[name] as (...args: unknown[]) => unknown;
  for (const [index, type] of types.entries()) {
    for (const lie of LIES.filter((value) => !isOf(value, type))) {
      const args = types.map((other, i) => (i === index ? lie : valueOf(other)));
      expect(() => func(ctx, ...args)).toThrow(Trap);
      expect(() => func(ctx, ...args)).toThrow(`${label}: argument ${index + 1} is not `);
    }
  }
});

function selfOf(name: string): ValType {
  const resource = /^\[method\]([^.]+)/.exec(name)?.[1] ?? '';
  return { kind: 'borrow', resource: { name: resource, repClass: classes.get(resource) } };
}

/** Anything that lifting can make. */
const lifted = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...LIES),
    fc.string(),
    fc.integer(),
    fc.bigInt(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.record({ tag: fc.constantFrom('ok', 'err', 'other', 'get', 'DNS-error', 'loop-detected'), val: tie('value') }),
    fc.record({ rcode: tie('value'), infoCode: tie('value') }),
  ),
})).value;

test('a function is called if its arguments are of its types, and traps if not', () => {
  for (const [name, funcs] of Object.entries(PARAMS)) {
    const { resources, mayWait } = served.get(name) as HostInterface<WasiCtx>;
    for (const [func, types] of Object.entries(funcs)) {
      if (func.startsWith('[method]')) continue;
      let called = 0;
      const stub = {
        name: 'test:stub/stub',
        version: '1.0.0',
        resources,
        mayWait,
        funcs: { [func]: () => void called++ },
      } as const;
      const guarded = guardInterface(stub, { [func]: types }).funcs[func] as (...args: unknown[]) => unknown;
      guarded(ctx, ...types.map(valueOf));
      expect(called).toBe(1);
      const property = fc.property(fc.array(lifted, { minLength: types.length, maxLength: types.length }), (args) => {
        const before = called;
        const isSound = types.every((type, index) => isOf(args[index], type));
        if (isSound) guarded(ctx, ...args);
        else expect(() => guarded(ctx, ...args)).toThrow(Trap);
        expect(called - before).toBe(isSound ? 1 : 0);
      });
      fc.assert(property, { numRuns: 200 });
    }
  }
});

describe('an interface of a user', () => {
  class Thing {
    readonly name = 'thing';
  }
  const things = guardInterface({
    name: 'test:things/things',
    version: '1.0.0',
    resources: { thing: Thing },
    mayWait: ['wait'],
    funcs: {
      '[method]thing.name': (_ctx: object, self: Thing, ...others: unknown[]) => [self.name, ...others],
      sum: (_ctx: object, ...numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0),
      broken: () => Promise.reject(new Error('nobody waits for this')),
      wait: () => Promise.resolve(7),
    },
  });
  const funcs = things.funcs as Readonly<Record<string, (...args: unknown[]) => unknown>>;

  test('gets all arguments as they are', () => {
    expect(funcs['sum']?.({}, 1, 2, 3)).toBe(6);
    expect(funcs['[method]thing.name']?.({}, new Thing(), 1, 'a')).toEqual(['thing', 1, 'a']);
  });

  test('has the class of a self checked', () => {
    expect(() => funcs['[method]thing.name']?.({}, { name: 'forged' })).toThrow(Trap);
  });

  test('traps if a function returns a promise but may not', () => {
    expect(() => funcs['broken']?.({})).toThrow('returned a promise, but is not listed in mayWait');
  });

  test('may return one if it may wait', async () => {
    expect(await funcs['wait']?.({})).toBe(7);
  });
});
