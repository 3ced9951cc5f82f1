import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLabel, parseExternName, uniquenessKey } from '../../src/component/validate/names.ts';

describe('a label is in kebab-case', () => {
  test.each(['a', 'a-b', 'ABC', 'a-BC-d', 'a1', 'a-1', 'a-1b', 'x-509-CERT', 'get-2', 'HTTP-protocol-error'])(
    '%s',
    (text) => {
      expect(isLabel(text)).toBe(true);
    },
  );

  test.each(['', '-', 'a-', '-a', 'a--b', 'aB', 'Ab', '1', '1-a', 'a_b', 'a.b', 'a b', 'é', 'a-1B2c', 'constructor!'])(
    '%s is none',
    (text) => {
      expect(isLabel(text)).toBe(false);
    },
  );
});

describe('the name of an import or export', () => {
  test.each([
    ['run', 'label'],
    ['[constructor]fields', 'constructor'],
    ['[method]fields.get', 'method'],
    ['[static]fields.from-list', 'static'],
    ['wasi:http/types', 'interface'],
    ['wasi:http/types@0.2.12', 'interface'],
    ['a:b/C-d@1.0.0-rc.1+build.5', 'interface'],
    ['unlocked-dep=<a:b>', 'dependency'],
    ['unlocked-dep=<a:b@*>', 'dependency'],
    ['unlocked-dep=<a:b/c@{>=1.2.3 <2.0.0}>', 'dependency'],
    ['locked-dep=<a:b@1.2.3>', 'dependency'],
    ['locked-dep=<a:b>,integrity=<sha256-AAAA>', 'dependency'],
    ['url=<https://example.org/x>', 'url'],
    ['url=<>,integrity=<sha512-AA== sha256-BBBB>', 'url'],
    ['integrity=<sha384-abc+/0=>', 'hash'],
  ])('%s is a %s', (text, kind) => {
    expect(parseExternName(text)?.kind).toBe(kind);
  });

  test.each([
    '',
    'a/b',
    'a:b',
    'A:b/c',
    'a:B/c',
    'a:b/c/d',
    'a:b:c/d',
    'a:b/c@',
    'a:b/c@1',
    'a:b/c@1.2',
    'a:b/c@01.2.3',
    'a:b/c@1.2.3-',
    'a:b/c@1.2.3+',
    '[method]a',
    '[method]a.',
    '[method].a',
    '[method]a.b.c',
    '[constructor]a.b',
    '[other]a',
    '[constructor]',
    'unlocked-dep=<a:b@{}>',
    'unlocked-dep=<a:b',
    'locked-dep=<a:b@*>',
    'url=<a<b>',
    'url=<a>b',
    'integrity=<>',
    'integrity=<md5-AAAA>',
    'integrity=<sha256-A===>',
  ])('"%s" is not a name', (text) => {
    expect(parseExternName(text)).toBeUndefined();
  });

  test('of any length is matched in time that grows with the length', () => {
    const parts = ['a-', '1-', '-1', 'A', '[method]', '.', ':', '/', '@', '0.', '<', 'sha256-', ' ', '@{>=1.'];
    const long = fc
      .array(fc.constantFrom(...parts), { minLength: 1, maxLength: 3 })
      .map((some) => some.join('').repeat(8000));
    // Nothing would come back from one that took powers of the length.
    fc.assert(
      fc.property(long, (text) => void parseExternName(text)),
      { numRuns: 200 },
    );
  });
});

/** Whether two names may be used together. */
function areUnique(one: string, other: string): boolean {
  return keyOf(one) !== keyOf(other);
}

function keyOf(text: string): string {
  const name = parseExternName(text);
  if (name === undefined) throw new Error(`${text} is not a name`);
  return uniquenessKey(text, name);
}

describe('names are strongly unique', () => {
  test.each([
    ['a', 'b'],
    ['a', '[constructor]a'],
    ['[method]a.b', '[method]a.c'],
    ['[method]a.b', '[method]c.b'],
    ['a', '[method]b.a'],
    ['a:b/c@1.0.0', 'a:b/c@1.0.1'],
  ])('%s and %s', (one, other) => expect(areUnique(one, other)).toBe(true));

  test.each([
    ['a', 'a'],
    ['a', 'A'],
    ['a-bc', 'a-BC'],
    ['a', '[method]a.a'],
    ['a', '[static]a.a'],
    ['[method]a.b', '[static]a.b'],
    ['[method]a.b', '[method]A.B'],
    ['[constructor]a', '[constructor]A'],
  ])('but not %s and %s', (one, other) => expect(areUnique(one, other)).toBe(false));
});
