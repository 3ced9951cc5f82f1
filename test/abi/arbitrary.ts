import * as fc from 'fast-check';
import { toKey } from '../../src/abi/shape.ts';
import type { ResourceType, ValType } from '../../src/abi/types.ts';

/** The resources of generated types; the guest defines the last. */
export const RESOURCES: readonly ResourceType[] = [{ name: 'host-one' }, { name: 'host-two' }, { name: 'guests-own' }];

const PRIMS = ['bool', 's8', 'u8', 's16', 'u16', 's32', 'u32', 's64', 'u64', 'f32', 'f64', 'char', 'string'] as const;

const labels = (max: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,3}(-[a-zA-Z][a-z0-9]{0,2})?$/), {
    minLength: 1,
    maxLength: max,
    selector: (label) => toKey(label).toLowerCase(),
  });

const labelled = <T>(part: fc.Arbitrary<T>, max: number): fc.Arbitrary<{ label: string; type: T }[]> =>
  labels(max).chain((names) => fc.tuple(...names.map((label) => part.map((type) => ({ label, type })))));

/** Types of every kind. Borrows only if they are allowed: not in results. */
export function arbitraryType(handles: readonly ('own' | 'borrow')[]): fc.Arbitrary<ValType> {
  const { type } = fc.letrec<{ type: ValType; leaf: ValType; node: ValType }>((tie) => {
    const part = tie('type');
    const optional = fc.option(part, { nil: undefined });
    return {
      type: fc.oneof({ maxDepth: 3, depthSize: 'small' }, tie('leaf'), tie('node')),
      leaf: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...PRIMS).map((kind) => ({ kind })) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('flags' as const), labels: labels(32) }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('enum' as const), labels: labels(300) }) },
        {
          weight: 2,
          arbitrary: fc.record({ kind: fc.constantFrom(...handles), resource: fc.constantFrom(...RESOURCES) }),
        },
      ),
      node: fc.oneof(
        fc.record({
          kind: fc.constant('list' as const),
          element: part,
          length: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined, freq: 2 }),
        }),
        fc.record({ kind: fc.constant('record' as const), fields: labelled(part, 6) }),
        fc.record({ kind: fc.constant('tuple' as const), elements: fc.array(part, { minLength: 1, maxLength: 6 }) }),
        fc.record({ kind: fc.constant('variant' as const), cases: labelled(optional, 6) }),
        fc.record({ kind: fc.constant('option' as const), some: part }),
        fc.record({ kind: fc.constant('result' as const), ok: optional, err: optional }),
      ),
    };
  });
  return type;
}

/** Values of a type, in the shape that a lifted one has. */
export function arbitraryValue(t: ValType): fc.Arbitrary<unknown> {
  switch (t.kind) {
    case 'bool':
      return fc.boolean();
    case 's64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case 'u64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case 'f32':
      return fc.float();
    case 'f64':
      return fc.double();
    case 'char':
      return scalar;
    case 'string':
      return text;
    case 'list':
      return arbitraryList(t.element, t.length);
    case 'record':
      return fc.record(Object.fromEntries(t.fields.map((f) => [toKey(f.label), arbitraryValue(f.type)])), {
        noNullPrototype: true,
      });
    case 'tuple':
      return fc.tuple(...t.elements.map(arbitraryValue));
    case 'variant':
      return fc.oneof(...t.cases.map((c) => arbitraryCase(c.label, c.type)));
    case 'enum':
      return fc.constantFrom(...t.labels);
    case 'option':
      return arbitraryOption(t.some);
    case 'result':
      return fc.oneof(arbitraryCase('ok', t.ok), arbitraryCase('err', t.err));
    case 'flags':
      return fc.record(Object.fromEntries(t.labels.map((label) => [toKey(label), fc.boolean()])), {
        noNullPrototype: true,
      });
    case 'own':
    case 'borrow':
      return fc.integer({ min: 0, max: 2 ** 31 - 1 });
    case 's8':
    case 'u8':
    case 's16':
    case 'u16':
    case 's32':
    case 'u32':
    default:
      return arbitraryInteger(t.kind);
  }
}

const scalar = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });

/** Short and long, ASCII, Latin-1 and beyond, with what a decoder puts in the place of errors. */
const text = fc.oneof(
  fc.string({ unit: 'binary-ascii', maxLength: 40 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xff }).map((c) => String.fromCharCode(c)), maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', '\uFFFD', '\uFEFFbom', 'a\uFFFDb', 'x'.repeat(5000)),
);

function arbitraryInteger(kind: 's8' | 'u8' | 's16' | 'u16' | 's32' | 'u32'): fc.Arbitrary<number> {
  const range = 2 ** Number(kind.slice(1));
  return kind.startsWith('u')
    ? fc.integer({ min: 0, max: range - 1 })
    : fc.integer({ min: -range / 2, max: range / 2 - 1 });
}

function arbitraryList(element: ValType, length: number | undefined): fc.Arbitrary<unknown> {
  const size = length === undefined ? { maxLength: 5 } : { minLength: length, maxLength: length };
  return element.kind === 'u8' ? fc.uint8Array(size) : fc.array(arbitraryValue(element), size);
}

function arbitraryCase(tag: string, type: ValType | undefined): fc.Arbitrary<unknown> {
  return (type === undefined ? fc.constant(undefined) : arbitraryValue(type)).map((val) => ({ tag, val }));
}

function arbitraryOption(some: ValType): fc.Arbitrary<unknown> {
  if (some.kind !== 'option') return fc.oneof(fc.constant(undefined), arbitraryValue(some));
  return fc.oneof(arbitraryCase('none', undefined), arbitraryCase('some', some));
}
