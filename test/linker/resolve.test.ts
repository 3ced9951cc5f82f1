import { describe, expect, test } from 'vitest';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { findHost, resolveImports } from '../../src/linker/plan/resolve.ts';
import type { HostError } from '../../src/util/host-error.ts';

function serve(name: HostInterface<object>['name'], version: string): HostInterface<object> {
  return { name, version, resources: {}, mayWait: [], funcs: {} };
}

const SERVED = [
  serve('wasi:http/types', '0.2.12'),
  serve('wasi:http/outgoing-handler', '0.2.12'),
  serve('acme:lib/api', '1.4.0'),
  serve('acme:lib/api', '2.0.0'),
  serve('acme:draft/api', '0.3.0-draft'),
];

describe('an import is served by the host interface of its version track', () => {
  test.each([
    ['wasi:http/types@0.2.0', '0.2.12'],
    ['wasi:http/types@0.2.12', '0.2.12'],
    ['acme:lib/api@1.0.0', '1.4.0'],
    ['acme:lib/api@2.0.0', '2.0.0'],
    ['acme:draft/api@0.3.0-draft', '0.3.0-draft'],
  ])('%s by %s', (importName, version) => {
    expect(findHost(importName, SERVED)?.version).toBe(version);
  });

  test.each([
    'wasi:http/types@0.3.0',
    'wasi:http/types@1.2.0',
    'wasi:http/types',
    'wasi:http/other@0.2.0',
    'acme:lib/api@3.0.0',
    'acme:draft/api@0.3.0',
    'acme:draft/api@0.3.0-draft2',
    'wasi:http/types@0.2.0-rc',
  ])('%s by none', (importName) => {
    expect(findHost(importName, SERVED)).toBeUndefined();
  });

  test('the first of two takes the place of the second', () => {
    const mine = serve('wasi:http/types', '0.2.1');
    expect(findHost('wasi:http/types@0.2.0', [mine, ...SERVED])).toBe(mine);
  });
});

/** What is reported about imports; `none` if all are served. */
function complaint(...importNames: string[]): string {
  try {
    resolveImports('guest.wasm', importNames, SERVED);
  } catch (error) {
    expect((error as HostError).code).toBe('missing-import');
    return (error as HostError).message;
  }
  return 'none';
}

describe('what is missing', () => {
  test('is reported in one message, without what is there', () => {
    const message = complaint('a:b/c@1.0.0', 'wasi:http/types@0.2.3', 'd:e/f');
    expect(message).toMatch(/^guest\.wasm .*\n {2}a:b\/c@1\.0\.0\n {2}d:e\/f$/);
  });

  test('is reported up to a hundred', () => {
    const lines = complaint(...Array.from({ length: 1000 }, (_, index) => `a:b/c${index}`)).split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([102, '  and 900 more']);
  });

  test.each([
    ['wasi:http/types@0.3.0', 'wasi:http/types@0.2.12'],
    ['wasi:http/new@0.2.0', 'wasi:http/outgoing-handler'],
    ['acme:lib/other@1.0.0', 'acme:lib/api'],
    ['jco:node/tty@0.1.0', 'remove that use, then the import from the WIT'],
  ])('%s is reported with what helps: %s', (importName, nearest) => {
    expect(complaint(importName)).toContain(nearest);
  });

  test('is nothing if everything is served', () => {
    expect(complaint('wasi:http/types@0.2.3')).toBe('none');
  });
});
