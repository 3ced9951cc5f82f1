import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import { loadComponent } from '../../src/index.ts';
import { type ComponentSource, createSource, readSource } from '../../src/component/source.ts';
import { GLUE_NAME, type TranspileLimits, transpileComponent } from '../../src/component/transpile.ts';
import { HostError } from '../../src/util/host-error.ts';
import { guestFile } from '../harness/guests.ts';

const MIB = 1024 * 1024;
const NAMES = { imports: [], exports: [] };
const LIMITS: TranspileLimits = { timeoutMs: 60_000, maxMemoryBytes: 1024 * MIB, maxGlueBytes: 32 * MIB };

/** Types that each hold the one before twice: what they are written to doubles with each. */
function bomb(depth: number): string {
  const types = Array.from({ length: depth }, (_, index) => `(type $t${index + 1} (tuple $t${index} $t${index}))`);
  return `(component
    (import "a:b/c" (instance $i (type $t0 (list u8)) ${types.join(' ')} (export "f" (func (param "a" (list $t${depth}))))))
    (core module $libc (memory (export "memory") 1))
    (core instance $libc (instantiate $libc))
    (core func $f (canon lower (func $i "f") (memory (core memory $libc "memory"))))
    (core module $main (import "" "f" (func (param i32 i32))))
    (core instance (instantiate $main (with "" (instance (export "f" (func $f)))))))`;
}

interface Failure {
  readonly what: string;
  readonly wat: string;
  readonly limits?: Partial<TranspileLimits>;
  readonly message: RegExp;
}

const FAILURES: readonly Failure[] = [
  {
    what: 'that jco refuses',
    wat: '(component (import "c" (component)))',
    message: /: failed to translate component.*root-level component imports are not supported/s,
  },
  {
    what: 'at which jco panics',
    wat: '(component (import "url=<https://a.b>" (func)))',
    message: /: wasm trap: .*unreachable.*panicked at/,
  },
  {
    what: 'for which jco needs too much memory',
    wat: bomb(14),
    limits: { maxMemoryBytes: 16 * MIB },
    message: /: wasm trap: .*unreachable/,
  },
  { what: 'that takes jco too long', wat: bomb(18), limits: { timeoutMs: 200 }, message: /: it took more than 0.2 s/ },
  {
    what: 'whose glue is too large',
    wat: bomb(8),
    limits: { maxGlueBytes: 200_000 },
    message: /: its glue has \d{6} bytes, the limit is 200000$/,
  },
];

describe.each(FAILURES)('a component $what', ({ wat, limits, message }) => {
  test('is an error that names it, and the next one is transpiled', async () => {
    const failing = transpileComponent(await assemble(wat), NAMES, { ...LIMITS, ...limits });
    await expect(failing).rejects.toThrow(HostError);
    await expect(failing).rejects.toThrow(/^hostile.wasm cannot be transpiled with jco: /);
    await expect(failing).rejects.toThrow(message);
    const hello = await transpileComponent(await readSource(guestFile('hello'), MIB), NAMES);
    expect([...hello.keys()]).toContain(GLUE_NAME);
  });
});

test('a good component is loaded after one at which jco panicked', async () => {
  const panicking = await assemble('(component (import "url=<https://a.b>" (func)))');
  await expect(transpileComponent(panicking, NAMES)).rejects.toThrow('panicked');
  expect((await loadComponent(guestFile('hello'), { engine: 'jco', cache: false })).engine.name).toBe('jco');
});

test("under Node's --permission, without --allow-worker, jco's engine says what it needs", async () => {
  const index = join(import.meta.dirname, '../../src/index.ts');
  const load = `import { loadComponent } from ${JSON.stringify(index)};
    await loadComponent(${JSON.stringify(guestFile('hello'))}, { engine: 'jco', cache: false });`;
  const args = ['--permission', '--allow-fs-read=*', '--input-type=module', '--eval', load];
  await expect(promisify(execFile)(process.execPath, args)).rejects.toThrow(
    /hello.wasm cannot be transpiled with jco: that requires a thread, but Node's --permission mode lacks --allow-worker: add it/,
  );
});

async function assemble(wat: string): Promise<ComponentSource> {
  return createSource('hostile.wasm', await parse(wat), MIB);
}
