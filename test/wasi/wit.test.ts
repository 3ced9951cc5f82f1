import { describe, expect, test } from 'vitest';
import { WASI_RELEASE, encodeWasi } from '../../scripts/wit/encode-wasi.ts';
import { encodePackage, listOwnPackages } from '../../scripts/wit/own-packages.ts';
import { HostTypes } from '../../src/linker/plan/host-types.ts';
import { wasiInterfaces } from '../../src/wasi/interfaces.ts';
import { wasiWit } from '../../src/wasi/wit.ts';
import { readWitImports } from './wit-imports.ts';

/** Functions that we serve although their WIT is unstable: a guest may import them, and must then link. */
const UNSTABLE = [
  'wasi:http/types [method]response-outparam.send-informational',
  'wasi:sockets/network network-error-code',
];

const stable = await readWitImports([]);
const all = await readWitImports('all');
const served = new Map(wasiInterfaces.map((hostInterface) => [hostInterface.name as string, hostInterface]));

test('every interface of the WIT that has functions or resources is served, once', () => {
  expect([...served.keys()]).toHaveLength(wasiInterfaces.length);
  expect([...stable.keys()].filter((name) => !served.has(name))).toEqual([]);
});

test('the types that are shipped are those of wit/deps: `npm run wit` writes them', async () => {
  expect(Buffer.from(wasiWit.decode()).equals(await encodeWasi())).toBe(true);
});

const ownPackages = listOwnPackages();

test.each(ownPackages)(
  'the types of $name that are shipped are those of its WIT: `npm run wit` writes them',
  async (own) => {
    const { wit } = wasiInterfaces.find((host) => host.name.startsWith(`${own.name}/`)) ?? {};
    if (wit === undefined || typeof wit === 'string') throw new Error(`${own.name} has no types in binary form`);
    expect(Buffer.from(wit.decode()).equals(await encodePackage(own))).toBe(true);
  },
);

/** The version of the package that an interface is of. */
function versionOf(interfaceName: string): string {
  return ownPackages.find(({ name }) => interfaceName.startsWith(`${name}/`))?.version ?? WASI_RELEASE;
}

const types = new HostTypes(wasiInterfaces);

const CTX_AND_SELF = 2;

describe.each(wasiInterfaces)('$name', ({ name, version, resources, funcs, mayWait, params: checked, wit }) => {
  const { says, type } = types.typeOf({ name, version, resources, funcs, mayWait, wit: wit ?? '' });

  test.each(Object.entries(funcs))(
    '%s takes what its type says, or only what nobody ever holds',
    (func, { length }) => {
      const entity = type.exports.get(func);
      const params = entity?.sort === 'func' ? entity.type.params.length : undefined;
      expect(says).toBe('all');
      expect(params).toBeDefined();
      const isLeftOut = func.startsWith('[method]') && !Object.hasOwn(checked, func);
      expect(isLeftOut ? [CTX_AND_SELF, (params ?? 0) + 1] : [(params ?? 0) + 1]).toContain(length);
    },
  );

  test('each resource is one in its type', () => {
    for (const resource of Object.keys(resources)) {
      const entity = type.exports.get(resource);
      expect(entity?.sort === 'type' ? [entity.created.sort, entity.created === entity.referenced] : []).toEqual([
        'resource',
        true,
      ]);
    }
  });

  test('is of the version of its WIT', () => expect(version).toBe(versionOf(name)));

  test('has every stable function of the WIT', () => {
    expect([...(stable.get(name)?.funcs ?? [])].filter((func) => !(func in funcs))).toEqual([]);
  });

  test('has no function that the WIT does not name', () => {
    expect(Object.keys(funcs).filter((func) => all.get(name)?.funcs.has(func) !== true)).toEqual([]);
  });

  test('defines the resources of the WIT', () => {
    expect(Object.keys(resources).toSorted()).toEqual([...(stable.get(name)?.resources ?? [])].toSorted());
  });

  test('waits only in functions that it has', () => {
    expect(mayWait.filter((func) => !(func in funcs))).toEqual([]);
  });
});

test('the unstable functions that we serve are these', () => {
  const beyond = wasiInterfaces.flatMap(({ name, funcs }) =>
    Object.keys(funcs).flatMap((func) => (stable.get(name)?.funcs.has(func) === true ? [] : [`${name} ${func}`])),
  );
  expect(beyond.toSorted()).toEqual(UNSTABLE);
});
