import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ROOT, guestPath, runWasiServe, servingOn } from './wasi-serve.ts';

const PROGRAM = guestPath('command');

/** Runs the guest `command`, whose streams are ours. */
function start(args: readonly string[], flags: readonly string[] = []): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ['src/main.ts', 'run', ...flags, PROGRAM, ...args], { cwd: ROOT });
}

/** Its exit code, or the signal that ended it. */
async function endOf(child: ChildProcessWithoutNullStreams): Promise<number | NodeJS.Signals> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return code ?? (signal as NodeJS.Signals);
}

/** What a shell says of a command line in which `program` runs the guest. */
function inShell(line: string): { readonly output: string; readonly code: number | null } {
  const run = `program() { "${process.execPath}" src/main.ts run ${PROGRAM} "$@"; }`;
  const { stdout, stderr, status } = spawnSync('bash', ['-c', `${run}\n${line}`], { cwd: ROOT, encoding: 'utf8' });
  return { output: stdout + stderr, code: status };
}

describe.each(['linker', 'jco'])('a program with %s', (engine) => {
  const run = async (...args: readonly string[]): ReturnType<typeof runWasiServe> =>
    await runWasiServe(['run', '--engine', engine, ...args]);

  test('gets its name and what follows its file, whatever that looks like', async () => {
    const { code, stdout, stderr } = await run(PROGRAM, 'args', '--env', 'A=1', '-h', '--', 'x y');
    expect(stdout).toBe('command.wasm\nargs\n--env\nA=1\n-h\n--\nx y\n');
    expect([code, stderr]).toEqual([0, '']);
  });

  test('gets variables that are given, and no others', async () => {
    expect((await run('--env', 'A=b c', PROGRAM, 'env', 'A')).stdout).toBe('b c\n');
    expect((await run(PROGRAM, 'env', 'PATH')).stdout).toBe('\n');
    expect((await run(PROGRAM, 'env', 'INSTANCE_ID')).stdout).toBe('\n');
  });

  test('ends with its own exit code', async () => {
    expect((await run(PROGRAM, 'exit', '0')).code).toBe(0);
    expect((await run(PROGRAM, 'exit', '3')).code).toBe(1);
    const failed = await run(PROGRAM, 'fail');
    expect(failed).toEqual({ code: 1, stdout: '', stderr: '' });
  });

  test('that traps ends with 134 and its backtrace', async () => {
    const { code, stderr } = await run(PROGRAM, 'trap');
    expect(code).toBe(134);
    expect(stderr).toMatch(
      /panicked at[^]*asked to\n[^]*\nerror: the program trapped: [^\n]*unreachable[^\n]*\n {4}at /,
    );
    expect(stderr).not.toContain('file://');
  });

  test('copies its input, of any bytes and length, to its output', async () => {
    for (const byteLength of [0, 1, 65_536, 65_537, 3_000_000]) {
      const bytes = randomBytes(byteLength);
      const child = start(['cat'], ['--engine', engine]);
      child.stdin.end(bytes);
      expect((await buffer(child.stdout)).equals(bytes), `${byteLength} bytes`).toBe(true);
    }
  });

  test('that waits or computes for too long ends with 134', async () => {
    const { code, stderr } = await run('-W', 'timeout=300ms', PROGRAM, 'sleep', '60000');
    expect([code, stderr]).toEqual([134, 'error: the program trapped: guest timed out\n']);
    if (engine === 'linker') expect((await run('--cpu-timeout', '300ms', PROGRAM, 'spin')).code).toBe(134);
  });
});

test('input is passed on as it comes', async () => {
  const child = start(['echo-lines']);
  for (const line of ['one\n', 'two\n']) {
    child.stdin.write(line);
    const [echo] = (await once(child.stdout, 'data')) as [Buffer];
    expect(echo.toString()).toBe(line);
  }
  child.stdin.end();
  expect(await endOf(child)).toBe(0);
});

test('output to stdout and stderr is in the order in which it was written', () => {
  const { output } = inShell('program both 500 2>&1');
  const lines = Array.from({ length: 500 }, (_, line) => `out ${line}\nerr ${line}\n`);
  expect(output).toBe(lines.join(''));
});

test('a program whose output nobody reads any more ends quietly', () => {
  expect(inShell('program flood 100000000 | head -c 5; echo " ${PIPESTATUS[0]}"').output).toBe('xxxxx 141\n');
});

test('a program waits for whoever reads its output', async () => {
  const child = start(['flood', '1000000000']);
  child.stdout.pause();
  await once(child.stdout, 'readable');
  await sleep(500);
  const [, kB] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
  child.kill('SIGKILL');
  expect(Number(kB)).toBeLessThan(400_000);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a program that computes', async (signal) => {
  const child = start(['spin']);
  await sleep(1000);
  child.kill(signal);
  expect(await endOf(child)).toBe(signal);
});

const SCRIPT = 'script';
const hasScript = spawnSync(SCRIPT, ['--version']).status === 0;

test.skipIf(!hasScript)('a program sees which of its streams are a terminal', () => {
  expect(inShell('program terminals < /dev/null').output).toBe('stdin false stdout false stderr false\n');
  const line = `"${process.execPath}" src/main.ts run ${PROGRAM} terminals`;
  const { stdout } = spawnSync(SCRIPT, ['-qec', line, '/dev/null'], { cwd: ROOT, encoding: 'utf8' });
  expect(stdout).toBe('stdin true stdout true stderr true\r\n');
});

describe('is refused', () => {
  test('what is served', async () => {
    const { code, stderr } = await runWasiServe(['run', guestPath('hello')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /hello.wasm does not implement wasi:cli\/command: .*, not wasi:cli\/run \(use wasi-serve serve\)\n$/,
    );
    const served = await runWasiServe(['serve', PROGRAM]);
    expect(served.stderr).toMatch(/not wasi:http\/incoming-handler \(use wasi-serve run\)\n$/);
  });

  test.each([
    [['run'], /^error: missing required argument 'file'/],
    [['run', '--addr', 'x', PROGRAM], /^error: unknown option '--addr'/],
    [['run', '--dir', 'missing', PROGRAM], /^error: cannot open the directory missing \(--dir\): ENOENT/],
    [['run', '--dir', '::x', PROGRAM], /^error: invalid --dir '::x': write HOST, HOST::GUEST or HOST::GUEST::ro/],
  ])('%j', async (args, message) => {
    expect((await runWasiServe(args)).stderr).toMatch(message);
  });
});

describe.each(['linker', 'jco'])('a program that listens, with %s', (engine) => {
  test('echoes what clients send over the port that it was allowed', async () => {
    const flags = ['--engine', engine, '--allow-net', '127.0.0.1'];
    const child = start(['echo-server', '127.0.0.1:0', '3'], flags);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const port = Number(/:(\d+)\n$/.exec(line.toString())?.[1]);
    const clients = Array.from({ length: 3 }, () => connect({ host: '127.0.0.1', port, allowHalfOpen: true }));
    const bytes = randomBytes(300_000);
    for (const client of clients) client.end(bytes);
    for (const client of clients) expect((await buffer(client)).equals(bytes)).toBe(true);
    expect(await endOf(child)).toBe(0);
  });

  test('cannot listen on another', async () => {
    const { code, stderr } = await runWasiServe([
      'run',
      '--engine',
      engine,
      '--allow-net',
      '127.0.0.1:9',
      PROGRAM,
      'echo-server',
      '127.0.0.1:0',
      '1',
    ]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/[Pp]ermission denied/)]);
  });
});

/** Exports both: the handler never answers, the program ends well. */
const BOTH = `(component
  (import "wasi:http/types@0.2.12" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $out))
  (core module $m
    (func (export "handle") (param i32 i32))
    (func (export "run") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $handle (param "request" (own $request)) (param "response-out" (own $out)) (canon lift (core func $i "handle")))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $h (export "handle" (func $handle)))
  (instance $r (export "run" (func $run)))
  (export "wasi:http/incoming-handler@0.2.12" (instance $h))
  (export "wasi:cli/run@0.2.12" (instance $r)))`;

describe.each(['linker', 'jco'])('a component that exports both the handler and run, with %s', (engine) => {
  test('is served and run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wasi-serve-test-'));
    const file = join(folder, 'both.wat');
    writeFileSync(file, BOTH);
    expect(await runWasiServe(['run', '--engine', engine, file])).toEqual({ code: 0, stdout: '', stderr: '' });
    await using serving = await servingOn([file, '--engine', engine]);
    expect((await fetch(serving.origin)).status).toBe(500);
    await serving.until('stderr', /guest never invoked `response-outparam::set` method/);
    rmSync(folder, { recursive: true });
  });
});
