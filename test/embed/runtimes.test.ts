import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { type BuiltPackage, FACTS, buildPackage, factsOf } from '../harness/built.ts';
import { guestFile } from '../harness/guests.ts';
import { RUNTIMES, type RuntimeCommand, installRuntime } from '../harness/runtimes.ts';

const found = await Promise.all(RUNTIMES.map(async (name) => ({ name, command: await installRuntime(name) })));
const installed = found.flatMap(({ name, command }) => (command === undefined ? [] : [{ name, command }]));
const missing = found.filter(({ command }) => command === undefined);
let built: BuiltPackage;

beforeAll(async () => {
  built = await buildPackage('runtimes');
}, 120_000);

test.skip.each(missing)('$name runs the library: the package cannot be installed here', () => undefined);

describe.each(installed)('$name', ({ command }) => {
  test('runs the library', async () => {
    expect(await factsOf([...command, built.program, ...built.args])).toEqual(FACTS);
  });

  test('runs the command, which stops at SIGTERM', async () => {
    await using server = startCommand(command, [guestFile('hello'), '--addr', '127.0.0.1:0']);
    const [, origin] = await server.until(/Serving HTTP on (\S+)\//);
    expect(await (await fetch(`${origin}/`, { headers: { connection: 'close' } })).text()).toBe(
      'Hello from wasi-serve!\n',
    );
    server.child.kill('SIGTERM');
    expect(await server.ended, server.text()).toBe(0);
  });
});

test('an older Node says what it takes in one sentence', async () => {
  // The project's own, with what the older ones lack taken away.
  const code = `delete WebAssembly.Suspending; await import('${built.folder}/dist/bin.js')`;
  const args = ['--input-type=module', '--eval', code];
  const { code: exitCode, stderr } = (await promisify(execFile)(process.execPath, args).catch(
    (error: { code: number; stderr: string }) => error,
  )) as { code?: number; stderr: string };
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^wasi-serve requires Node 24 or newer, Bun 1\.4 or Deno 2\.9, but this is Node v[^\n]+\n$/);
});

interface Started extends AsyncDisposable {
  readonly child: ChildProcess;
  text(): string;
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<number | null>;
}

/** The built command in another runtime. Disposing ends it. */
function startCommand([file, ...before]: RuntimeCommand, args: readonly string[]): Started {
  const child = spawn(file, [...before, `${built.folder}/dist/bin.js`, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    text: () => text,
    ended,
    until: async (pattern) => {
      for (;;) {
        const match = pattern.exec(text);
        if (match !== null) return match;
        const more = once(child.stderr, 'data');
        await Promise.race([more, ended.then((code) => Promise.reject(new Error(`ended with ${code}: ${text}`)))]);
      }
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
