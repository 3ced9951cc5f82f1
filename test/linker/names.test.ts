import { describe, expect, test } from 'vitest';
import {
  parseFuncName,
  parseInterfaceName,
  toCamelCase,
  toPascalCase,
  versionTrack,
} from '../../src/linker/plan/names.ts';

test.each([
  ['wasi:http/types@0.2.3', { name: 'wasi:http/types', version: '0.2.3' }],
  ['wasi:http/types', { name: 'wasi:http/types', version: undefined }],
  ['a:b/c@1.0.0-rc.1+build@2', { name: 'a:b/c', version: '1.0.0-rc.1+build@2' }],
])('%s is a name with its version', (text, expected) => {
  expect(parseInterfaceName(text)).toEqual(expected);
});

describe('interfaces only grow within a track', () => {
  test.each([
    ['1.0.0', '1'],
    ['1.4.2', '1'],
    ['12.0.0', '12'],
    ['0.2.0', '0.2'],
    ['0.2.12', '0.2'],
    ['0.3.0', '0.3'],
    ['0.0.7', '0.0.7'],
    ['0.2.3+build', '0.2'],
    ['0.2.0-draft', '0.2.0-draft'],
    ['1.0.0-rc.1', '1.0.0-rc.1'],
    ['nonsense', 'nonsense'],
    [undefined, ''],
  ])('%s is of track %j', (version, track) => {
    expect(versionTrack(version)).toBe(track);
  });
});

test.each([
  ['now', 'now', 'Now'],
  ['get-random-bytes', 'getRandomBytes', 'GetRandomBytes'],
  ['HTTP-request', 'HTTPRequest', 'HTTPRequest'],
  ['a-1b', 'a1b', 'A1b'],
])('%s is %s as a function and %s as a class', (kebab, camel, pascal) => {
  expect([toCamelCase(kebab), toPascalCase(kebab)]).toEqual([camel, pascal]);
});

test.each([
  ['now', { kind: 'freestanding', func: 'now' }],
  ['[constructor]fields', { kind: 'constructor', resource: 'fields' }],
  ['[method]fields.get', { kind: 'method', resource: 'fields', func: 'get' }],
  ['[static]fields.from-list', { kind: 'static', resource: 'fields', func: 'from-list' }],
  ['[method]outgoing-body.write', { kind: 'method', resource: 'outgoing-body', func: 'write' }],
])('%s is read', (mangled, expected) => {
  expect(parseFuncName(mangled)).toEqual(expected);
});
