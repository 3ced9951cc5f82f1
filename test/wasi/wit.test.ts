import { describe, expect, test } from 'vitest';
import { wasiInterfaces } from '../../src/wasi/interfaces.ts';
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

describe.each(wasiInterfaces)('$name', ({ name, version, resources, funcs, mayWait }) => {
  test('is of the release that wit/deps holds', () => expect(version).toBe('0.2.12'));

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
