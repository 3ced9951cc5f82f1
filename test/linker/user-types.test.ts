import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import { type HostError, type HostInterface, type WasiCtx, loadComponent } from '../../src/index.ts';
import { HANDLER } from '../hostile/lies.ts';

class Counter {
  count = 0;
}
class Other extends Counter {}

function nothing(): undefined {
  return undefined;
}

type Interface = HostInterface<WasiCtx>;

function serve(more: Partial<Interface> = {}): Interface {
  return {
    name: 'acme:lib/api',
    version: '1.2.0',
    resources: { counter: Counter },
    mayWait: [],
    funcs: { greet: nothing, '[method]counter.add': nothing, 'wait-for': nothing, merge: nothing },
    ...more,
  };
}

const WIT = `package acme:lib@1.2.0;
interface api {
  use wasi:io/poll@0.2.12.{pollable};
  record person { name: string, age: u8 }
  resource counter { add: func(by: u32) -> u64; }
  greet: func(who: person) -> result<string, u8>;
  wait-for: func(what: borrow<pollable>);
}
package wasi:io@0.2.12 { interface poll { resource pollable; } }`;

async function load(wat: string, ...interfaces: Interface[]): Promise<string> {
  const bytes = await parse(`(component ${HANDLER}\n${wat})`);
  const outcomes = await Promise.all(
    (['linker', 'jco'] as const).map(async (engine) => {
      const loading = loadComponent(bytes, { label: 'guest', engine, cache: false, interfaces });
      return await loading.then(
        () => 'loaded',
        ({ code, message }: HostError) => `${code}: ${message}`,
      );
    }),
  );
  expect(outcomes[1]).toBe(outcomes[0]);
  return outcomes[0] ?? '';
}

function importing(exports: string, version = '1.0.0'): string {
  return `(import "acme:lib/api@${version}" (instance ${exports}))`;
}

const PERSON = '(type $p (record (field "name" string) (field "age" u8))) (export "person" (type $person (eq $p)))';
const GREET = '(export "greet" (func (param "who" $person) (result (result string (error u8)))))';

describe('an interface with WIT', () => {
  test.each([
    [
      'all of it',
      `${PERSON} ${GREET} (export "counter" (type $c (sub resource))) (export "[method]counter.add" (func (param "self" (borrow $c)) (param "by" u32) (result u64)))`,
    ],
    ['a part of it', '(export "counter" (type $c (sub resource)))'],
    ['nothing of it', ''],
  ])('serves a component that declares %s', async (_what, exports) => {
    expect(await load(importing(exports), serve({ wit: WIT }))).toBe('loaded');
  });

  test('may use WASI, and means the same resources', async () => {
    const wat = `(import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
      (alias export $poll "pollable" (type $pollable))
      ${importing('(export "pollable" (type $p (eq $pollable))) (export "wait-for" (func (param "what" (borrow $p))))')}`;
    expect(await load(wat, serve({ wit: WIT }))).toBe('loaded');
    const lie = wat
      .replaceAll('wasi:io/poll@0.2.0', 'wasi:io/error@0.2.0')
      .replace('$poll (export "pollable"', '$poll (export "error"')
      .replace('(alias export $poll "pollable"', '(alias export $poll "error"');
    expect(await load(lie, serve({ wit: WIT }))).toMatch(
      /^bad-component: .*\n {2}acme:lib\/api@1\.0\.0#pollable .*expected resource pollable, found resource/,
    );
  });

  test.each([
    [
      'a record with less in it',
      '(type $p (record (field "name" string))) (export "person" (type $person (eq $p)))',
      /#person .*expected record \{ name: string, age: u8 \}, found record \{ name: string \}/,
    ],
    [
      'another parameter',
      `${PERSON} (export "greet" (func (param "who" string) (result (result string (error u8)))))`,
      /#greet .*parameter "who": expected record .*, found string/,
    ],
    [
      'another result',
      `${PERSON} (export "greet" (func (param "who" $person) (result string)))`,
      /#greet .*the result: expected result<string, u8>, found string/,
    ],
    ['a function that the WIT does not have', '(export "merge" (func))', /#merge .*not in the interface's WIT/],
    [
      'a type that the WIT does not have',
      '(type $t u8) (export "more" (type (eq $t)))',
      /#more .*not in the interface's WIT/,
    ],
  ])('refuses a component that declares %s', async (_what, exports, says) => {
    const said = await load(importing(exports), serve({ wit: WIT }));
    expect(said).toMatch(/^bad-component: guest and this host disagree about types:\n {2}acme:lib\/api@1\.0\.0#/);
    expect(said).toMatch(says);
  });

  test.each([
    ['text that is not WIT', 'interface {', /^bad-argument: invalid WIT of the interface acme:lib\/api/],
    [
      'WIT of another interface',
      'package acme:lib@1.2.0;\ninterface other {}',
      /^bad-argument: invalid WIT of the interface acme:lib\/api/,
    ],
    [
      'WIT of another package',
      'package acme:another@1.2.0;\ninterface api {}',
      /^bad-argument: the WIT of acme:lib\/api does not define the interface acme:lib\/api@1\.2\.0/,
    ],
    [
      'WIT of another version',
      'package acme:lib@2.0.0;\ninterface api {}',
      /^bad-argument: the WIT of acme:lib\/api does not define the interface/,
    ],
    [
      'WIT that says something else of WASI',
      WIT.replace('resource pollable;', 'resource pollable; poll: func();'),
      /^bad-argument: the WIT of acme:lib\/api uses wasi:io\/poll@0\.2\.12 with a different type: .*"poll"/,
    ],
  ])('%s is reported to the embedder', async (_what, wit, says) => {
    expect(await load(importing(''), serve({ wit }))).toMatch(says);
  });
});

describe('an interface without WIT', () => {
  test('serves what the component declares, whatever the types', async () => {
    expect(
      await load(importing('(export "greet" (func (param "who" (list char)) (result (option f32))))'), serve()),
    ).toBe('loaded');
  });

  test.each([
    [
      'a function that it does not have',
      '(export "wave" (func))',
      /^missing-import: .*\n {2}acme:lib\/api@1\.0\.0#wave$/,
    ],
    [
      'a resource that it does not have',
      '(export "gauge" (type (sub resource)))',
      /^missing-import: .*\n {2}acme:lib\/api@1\.0\.0 does not define the resource gauge$/,
    ],
  ])('lacks %s', async (_what, exports, says) => {
    expect(await load(importing(exports), serve())).toMatch(says);
  });

  test.each([
    ['another resource', '(alias outer 1 $request (type $r)) (export "counter" (type $c (eq $r)))'],
    ['a number', '(type $n u32) (export "counter" (type $c (eq $n)))'],
  ])('has a resource, which a component cannot declare to be %s', async (_what, exports) => {
    expect(await load(importing(exports), serve())).toMatch(
      /^bad-component: .*\n {2}acme:lib\/api@1\.0\.0#counter .*expected resource counter, found/,
    );
  });

  test('has the same resource as another with the same class', async () => {
    const wat = `(import "acme:lib/api@1.0.0" (instance $a (export "counter" (type (sub resource)))))
      (alias export $a "counter" (type $counter))
      (import "acme:lib/more@1.0.0" (instance (export "counter" (type (eq $counter)))))`;
    const more = serve({ name: 'acme:lib/more' });
    expect(await load(wat, serve(), more)).toBe('loaded');
    expect(await load(wat, serve(), { ...more, resources: { counter: Other } })).toMatch(
      /^bad-component: .*\n {2}acme:lib\/more@1\.0\.0#counter .*which is a different one/,
    );
  });

  test.each([
    ['another version track', '0.3.0-draft', '0.3.0-draft', 'loaded'],
    ['no other draft', '0.3.0-draft', '0.3.0-draft2', 'missing-import'],
  ])('with WIT of a draft serves %s', async (_what, version, imported, outcome) => {
    const wit = `package acme:lib@${version};\ninterface api { greet: func(); }`;
    const said = await load(importing('(export "greet" (func))', imported), serve({ version, wit, resources: {} }));
    expect(said.split(':')[0]).toBe(outcome);
  });

  test('in the place of one of WASI has the types of that', async () => {
    const random = serve({
      name: 'wasi:random/random',
      version: '0.2.12',
      resources: {},
      funcs: { 'get-random-u64': () => 1n },
    });
    const wat = '(import "wasi:random/random@0.2.0" (instance (export "get-random-u64" (func (result u64)))))';
    expect(await load(wat, random)).toBe('loaded');
    expect(await load(wat.replace('u64))', 'u32))'), random)).toMatch(/#get-random-u64 .*expected u64, found u32/);
  });
});
