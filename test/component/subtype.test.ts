import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ResourceType, ValType } from '../../src/abi/types.ts';
import { newResource } from '../../src/component/validate/checked-types.ts';
import { printFuncType, printValType } from '../../src/component/validate/print.ts';
import { Subtyping } from '../../src/component/validate/subtyping.ts';
import { Substitution } from '../../src/component/validate/substitution.ts';
import { Validation } from '../../src/component/validate/validation.ts';
import { arbitraryType } from '../abi/arbitrary.ts';

const source = { label: 'test', bytes: new Uint8Array(0) };

function mismatch(found: ValType, expected: ValType): string | undefined {
  return new Subtyping(new Validation(source)).value(found, expected);
}

const named = new Map<ResourceType, ResourceType>();

/** The same type, of other objects, with resources as validation has them. */
function rebuild(type: ValType): ValType {
  return JSON.parse(JSON.stringify(type), (_key, value: unknown) => {
    const { kind, resource } = (value ?? {}) as { kind?: string; resource?: ResourceType };
    if ((kind !== 'own' && kind !== 'borrow') || resource === undefined) return value;
    return { kind, resource: resourceNamed(resource.name) };
  }) as ValType;
}

function resourceNamed(name: string): ResourceType {
  const known = [...named.values()].find((resource) => resource.name === name);
  if (known !== undefined) return known;
  const resource = newResource(name);
  named.set(resource, resource);
  return resource;
}

const types = arbitraryType(['own', 'borrow']).map(rebuild);

describe('types of values', () => {
  test('are subtypes of themselves, whatever objects they are made of', () => {
    fc.assert(
      fc.property(types, (type) => {
        expect(mismatch(rebuild(type), type)).toBeUndefined();
      }),
    );
  });

  test('are subtypes of no others: two that are subtypes are written alike', () => {
    const pairs = fc.oneof(
      fc.tuple(types, types),
      types.map((type) => [type, rebuild(type)] as const),
    );
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(mismatch(one, other) === undefined).toBe(isSame);
        expect(mismatch(other, one) === undefined).toBe(isSame);
      }),
      { numRuns: 500 },
    );
  });

  test('one change anywhere in a type is a mismatch', () => {
    fc.assert(
      fc.property(types, fc.nat(), (type, at) => {
        const text = JSON.stringify(type);
        const kinds = [...text.matchAll(/"kind":"(?:u8|u32|string|bool|own|borrow)"/g)];
        const [found] = kinds.slice(at % Math.max(1, kinds.length));
        fc.pre(found !== undefined);
        const other = found[0].includes('own')
          ? '"kind":"borrow"'
          : found[0].includes('borrow')
            ? '"kind":"own"'
            : '"kind":"f64"';
        const changed = rebuild(
          JSON.parse(text.slice(0, found.index) + other + text.slice(found.index + found[0].length)) as ValType,
        );
        expect(mismatch(changed, type)).toMatch(/expected .*, found /);
      }),
      { numRuns: 500 },
    );
  });

  test('a resource differs from another of the same name', () => {
    expect(mismatch(listOfThings(), listOfThings())).toBe(
      'list: expected own<thing>, found own<thing>, which is a different resource',
    );
  });

  test('with other resources put in their place are subtypes as before', () => {
    fc.assert(
      fc.property(types, types, (one, other) => {
        const validation = new Validation(source);
        const fresh = new Map([...named.values()].map((resource) => [identity(resource), { name: resource.name }]));
        const substitution = new Substitution(validation, fresh);
        const [first, second] = [substitution.value(one), substitution.value(other)];
        expect(mismatch(first, second) === undefined).toBe(mismatch(one, other) === undefined);
        const hasResource = /"kind":"(?:own|borrow)"/.test(JSON.stringify(one));
        expect(mismatch(first, one) === undefined).toBe(!hasResource);
        if (!hasResource) expect(first).toBe(one);
      }),
    );
  });
});

/** Of things that no other has. */
function listOfThings(): ValType {
  return { kind: 'list', element: { kind: 'own', resource: newResource('thing') }, length: undefined };
}

function identity(resource: ResourceType): { readonly name: string } {
  return (resource as ReturnType<typeof newResource>).identity;
}

describe('types are written as WIT writes them', () => {
  test.each<[ValType, string]>([
    [{ kind: 'u8' }, 'u8'],
    [
      { kind: 'list', element: { kind: 'tuple', elements: [{ kind: 'string' }, { kind: 'char' }] }, length: undefined },
      'list<tuple<string, char>>',
    ],
    [{ kind: 'list', element: { kind: 'u8' }, length: 4 }, 'list<u8, 4>'],
    [{ kind: 'record', fields: [{ label: 'a-b', type: { kind: 'bool' } }] }, 'record { a-b: bool }'],
    [
      {
        kind: 'variant',
        cases: [
          { label: 'a', type: undefined },
          { label: 'b', type: { kind: 's8' } },
        ],
      },
      'variant { a, b(s8) }',
    ],
    [{ kind: 'enum', labels: ['a', 'b'] }, 'enum { a, b }'],
    [{ kind: 'flags', labels: ['a'] }, 'flags { a }'],
    [{ kind: 'option', some: { kind: 'f32' } }, 'option<f32>'],
    [{ kind: 'result', ok: undefined, err: undefined }, 'result'],
    [{ kind: 'result', ok: { kind: 'u8' }, err: undefined }, 'result<u8>'],
    [{ kind: 'result', ok: undefined, err: { kind: 'u8' } }, 'result<_, u8>'],
    [{ kind: 'borrow', resource: { name: 'fields' } }, 'borrow<fields>'],
  ])('%j', (type, text) => expect(printValType(type)).toBe(text));

  test('functions with their parameters', () => {
    const params = [{ label: 'self', type: { kind: 'u8' } as const }];
    expect(printFuncType({ params, result: undefined })).toBe('func(self: u8)');
    expect(printFuncType({ params: [], result: { kind: 'string' } })).toBe('func() -> string');
  });

  test('but no longer than anyone reads, however much they refer to', () => {
    let type: ValType = { kind: 'string' };
    for (let level = 0; level < 100; level += 1) type = { kind: 'tuple', elements: [type, type] };
    expect(printValType(type).length).toBeLessThan(500);
  });
});
