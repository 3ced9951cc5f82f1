import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { print } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import { isRefused } from '../harness/raw-client.ts';
import { until } from '../harness/until.ts';
import { ROOT, guestPath, servingOn } from './wasi-serve.ts';

const HELLO = guestPath('hello');

async function textOf(origin: string, path = '/', init: RequestInit = {}): Promise<string> {
  return (await fetch(`${origin}${path}`, init)).text();
}

function parseLines(text: string): unknown[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('a start', () => {
  test.each([
    ['serve FILE', ['serve', HELLO]],
    ['FILE', [HELLO]],
  ])('by %s prints where it serves, in its first line, and what', async (_name, args) => {
    await using serving = await servingOn(args);
    expect(await textOf(serving.origin)).toBe('Hello from wasi-serve!\n');
    await serving.until('stderr', /reset [\w-]{36}\n$/);
    expect(serving.text.stderr.split('\n')[0]).toBe(`Serving HTTP on ${serving.origin}/`);
    expect(serving.text.stderr).toMatch(/^ {2}component {3}components\/hello\/hello\.wasm \(\d+\.\d kB\)$/m);
    expect(serving.text.stderr).toMatch(/^ {2}world {7}wasi:http\/proxy@0\.2\.\d+$/m);
    expect(serving.text.stderr).toMatch(/^ {2}preemption {2}on: .+$/m);
    expect(serving.text.stderr).toMatch(/^ {2}limits {6}30 s per request, [^\n]+\n {2}try /m);
    expect(serving.text.stderr).toContain(`curl -i ${serving.origin}/\n`);
    expect(serving.text.stderr).toMatch(/^GET {2}\/ +200 +23 B +[\d.]+ m?s +cpu [\d.]+ m?s reset [\w-]{36}$/m);
    expect(serving.text.stderr).not.toContain('\u001b');
    expect(serving.text.stdout).toBe('');
  });

  test('lists the limits that are not at their defaults, as options', async () => {
    const limits = ['--cpu-timeout 5s', '--min-body-rate 1kB', '--body-timeout 60s', '--limit handles=7'];
    await using serving = await servingOn([HELLO, ...limits.flatMap((limit) => limit.split(' ')), '-Wtimeout=2s']);
    await serving.until('stderr', /\n {2}try [^\n]+\n/);
    const [, told = ''] =
      /\n {2}limits {6}2 s per request, [^\n]+\n {14}([^\n]+)\n {2}try /.exec(serving.text.stderr) ?? [];
    expect(told.split(/ (?=--)/).toSorted()).toEqual(limits.toSorted());
  });

  test.each([
    [['--preemption', 'off'], /^ {2}preemption {2}off: as requested$/m],
    [['--engine', 'jco'], /^ {2}preemption {2}partly: .+$/m],
  ])('with %j says how guests are interrupted', async (args, row) => {
    await using serving = await servingOn([HELLO, ...args]);
    await serving.until('stderr', row);
  });

  test('bounds what clients send, and says so', async () => {
    await using serving = await servingOn([HELLO, '--max-body', '10B', '--max-target', '20', '--max-headers', '30']);
    const status = async (path: string, init?: RequestInit): Promise<number> =>
      (await fetch(`${serving.origin}${path}`, init)).status;
    expect(await status('/', { method: 'POST', body: '0123456789a' })).toBe(413);
    expect(await status(`/${'a'.repeat(20)}`)).toBe(414);
    expect(await status('/', { headers: Array.from({ length: 30 }, (_, index) => [`a${index}`, 'b']) })).toBe(431);
    expect(await status('/', { method: 'POST', body: '0123456789' })).toBe(200);
    for (const flag of ['--max-body', '--max-target', '--max-headers'])
      await serving.until('stderr', new RegExp(`^note: refused with 4\\d\\d: .* \\(${flag}\\)$`, 'm'));
  });

  test('names the options that have no effect', async () => {
    await using serving = await servingOn([HELLO, '-S', 'cli,nn', '-O', 'opt-level=2', '-Dlogging=y']);
    await serving.until('stderr', /^note: without effect here: -S nn, -O opt-level=2, -D logging=y$/m);
  });

  test('keeps the artifacts of the component in the folder of -C cache', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wasi-serve-test-'));
    for (let start = 0; start < 2; start += 1) {
      await using serving = await servingOn([HELLO, '--engine', 'jco', '-C', `cache=${join(folder, 'cache')}`]);
      expect(await textOf(serving.origin)).toBe('Hello from wasi-serve!\n');
    }
    expect(readdirSync(join(folder, 'cache'))).toHaveLength(1);
    rmSync(folder, { recursive: true });
  });
});

test('a component in text form is served', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasi-serve-test-'));
  const file = join(folder, 'hello.wat');
  writeFileSync(file, await print(readFileSync(join(ROOT, HELLO))));
  await using serving = await servingOn([file]);
  expect(await textOf(serving.origin)).toBe('Hello from wasi-serve!\n');
  rmSync(folder, { recursive: true });
});

describe('a guest', () => {
  test('sees the variables that are given, and no others', async () => {
    const args = [guestPath('env'), '--env', 'A=x=y', '--env', 'OURS', '--env', 'UNSET'];
    await using serving = await servingOn(args, { OURS: 'passed', SECRET: 's' });
    expect(await textOf(serving.origin)).toMatch(/^INSTANCE_ID=0\nA=x=y\nOURS=passed\ncwd: none\n/);
    expect(serving.text.stderr).toContain('--env: UNSET is not set here: guests do not get it\n');
  });

  test('sees all our variables with -S inherit-env', async () => {
    await using serving = await servingOn([guestPath('env'), '-Sinherit-env'], { SECRET: 's' });
    const text = await textOf(serving.origin);
    expect(text).toContain('\nSECRET=s\n');
    // Which the command sets for itself.
    expect(text).not.toContain('UV_THREADPOOL_SIZE');
  });

  test("sees the operator's fields in place of the client's", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wasi-serve-test-'));
    writeFileSync(join(folder, 'fields'), 'x-two: 2\n');
    await using serving = await servingOn([guestPath('headers'), '-H', 'X-One: 1', '-H', `@${join(folder, 'fields')}`]);
    const report = await textOf(serving.origin, '/', {
      headers: { 'x-one': 'client', 'x-two': 'client', 'x-three': '3' },
    });
    expect(
      report
        .split('\n')
        .filter((line) => line.startsWith('x-'))
        .toSorted(),
    ).toMatchObject(['x-one: 31', expect.stringMatching(/^x-request-id: /), 'x-three: 33', 'x-two: 32']);
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['with', [], 'stdout [0] :: out one\n', 'stderr [0] :: err one\n'],
    ['without', ['--no-logging-prefix'], '\nout two\n', '\nerr two\n'],
  ])('writes its output to our streams, %s a prefix', async (_name, args, stdout, stderr) => {
    await using serving = await servingOn([guestPath('print'), ...args]);
    await textOf(serving.origin);
    await serving.until('stdout', new RegExp(RegExp.escape(stdout)));
    await serving.until('stderr', new RegExp(RegExp.escape(stderr)));
    expect(serving.text.stdout).not.toContain('\u001b');
  });

  test('that takes too long is ended, and its client sees only the status', async () => {
    await using serving = await servingOn([guestPath('sleep'), '-W', 'timeout=50ms']);
    const response = await fetch(`${serving.origin}/?ms=60000`);
    expect(response.status).toBe(504);
    expect(await response.text()).toMatch(/^504 Gateway Timeout \(request [\w-]+\)\n$/);
    await serving.until('stderr', /^error \[[\w-]+\] guest timed out$/m);
  });

  test('that traps is logged with its backtrace, and with --dev shown to the client too', async () => {
    await using serving = await servingOn([guestPath('trap-before'), '--dev']);
    expect(await textOf(serving.origin)).toMatch(/: guest never invoked .*: the guest trapped: .*unreachable/);
    await serving.until(
      'stderr',
      /^error \[[\w-]+\] guest never invoked .*: the guest trapped: .*unreachable.*\n {4}at .*wasm-function\[\d+\]:0x/m,
    );
    expect(serving.text.stderr.match(/unreachable/g)).toHaveLength(1);
    expect(serving.text.stderr).not.toContain('jco-glue');
  });
});

describe('logs', () => {
  test('as JSON are one object a line, the output of guests too', async () => {
    await using serving = await servingOn([
      ...[guestPath('print'), '--log-format', 'json', '-S', 'nn'],
      ...['--cpu-timeout', '1.5s', '-W', 'max-memory-size=1GiB'],
    ]);
    await textOf(serving.origin);
    await serving.until('stderr', /"event":"request".*\n/);
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
    expect(parseLines(serving.text.stdout)).toContainEqual(
      expect.objectContaining({ event: 'guest-output', stream: 'stdout', instance: 0, line: 'out one' }),
    );
    expect(parseLines(serving.text.stderr)).toMatchObject([
      {
        event: 'start',
        message: `Serving HTTP on ${serving.origin}/`,
        preemption: { name: 'on' },
        limits: { timeoutMs: 30_000, others: ['--cpu-timeout 1500ms', '--limit memory-bytes=1GiB'] },
      },
      { event: 'notice', level: 'warning' },
      { event: 'guest-output', stream: 'stderr', line: 'err one' },
      { event: 'guest-output', stream: 'stderr', line: 'err two' },
      { event: 'request', method: 'GET', path: '/', status: 200 },
      { event: 'notice', level: 'info' },
    ]);
  });

  test('have no line for a request with --access-log off, but failures', async () => {
    await using serving = await servingOn([guestPath('never-set'), '--access-log', 'off']);
    await textOf(serving.origin);
    await serving.until('stderr', /never invoked/);
    serving.kill('SIGTERM');
    await serving.ended;
    expect(serving.text.stderr).not.toMatch(/^GET/m);
  });
});

describe('a stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('by %s lets a request finish, then exits with 0', async (signal) => {
    await using serving = await servingOn([guestPath('slow-body')]);
    const response = await fetch(`${serving.origin}/?chunks=3&ms=150`);
    serving.kill(signal);
    await serving.until(
      'stderr',
      new RegExp(`^Stopping \\(${signal}\\): waiting up to 30 s for 1 request; .*\\n`, 'm'),
    );
    await until(() => isRefused(serving.origin));
    expect((await response.text()).trimEnd().split('\n')).toHaveLength(3);
    expect(await serving.ended).toBe(0);
  });

  test('of an idle host ends immediately', async () => {
    await using serving = await servingOn([HELLO]);
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
    expect(serving.text.stderr).toMatch(/\nStopping \(SIGTERM\): no requests at work\n$/);
  });

  test('cancels what is not done after --drain-timeout, and says so', async () => {
    await using serving = await servingOn([guestPath('sleep'), '--drain-timeout', '50ms']);
    const answer = fetch(`${serving.origin}/?ms=60000`);
    await textOf(serving.origin, '/?ms=1');
    serving.kill('SIGTERM');
    expect((await answer).status).toBe(503);
    expect(await serving.ended).toBe(0);
    expect(serving.text.stderr).toMatch(/\nnote: 1 request cancelled: not done within 50 ms \(--drain-timeout\)\n$/);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('is cut short by a second signal: %s exits with %i', async (signal, code) => {
    await using serving = await servingOn([guestPath('sleep')]);
    const failure = fetch(`${serving.origin}/?ms=60000`).catch((error: unknown) => error);
    await textOf(serving.origin, '/?ms=1');
    serving.kill('SIGTERM');
    await serving.until('stderr', /waiting up to 30 s for 1 request/);
    serving.kill(signal);
    expect(await serving.ended).toBe(code);
    expect(await failure).toBeInstanceOf(TypeError);
  });

  test('may come as a connection to --shutdown-addr', async () => {
    await using serving = await servingOn([HELLO, '--shutdown-addr', '127.0.0.1:0']);
    // In the order for which tools written for wasmtime wait.
    const [, port] = await serving.until(
      'stderr',
      /^Listening for shutdown on tcp:\/\/127\.0\.0\.1:(\d+)\/\nServing HTTP on /m,
    );
    connect(Number(port), '127.0.0.1').on('error', () => undefined);
    expect(await serving.ended).toBe(0);
    expect(serving.text.stderr).toContain('Stopping (a connection to the shutdown address)');
  });
});

test('a reader of the log that has gone does not stop the host', async () => {
  await using serving = await servingOn([HELLO]);
  serving.closeStreams();
  for (let request = 0; request < 3; request += 1)
    expect(await textOf(serving.origin)).toBe('Hello from wasi-serve!\n');
  serving.kill('SIGTERM');
  expect(await serving.ended).toBe(0);
});
