import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { guestFile } from '../harness/guests.ts';
import { guestPath, runWasiServe } from './wasi-serve.ts';

const HELLO = guestPath('hello');
const folder = mkdtempSync(join(tmpdir(), 'wasi-serve-test-'));

afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const hello = readFileSync(guestFile('hello'));
const TRUNCATED = fileOf('truncated.wasm', hello.subarray(0, hello.byteLength / 2));
const CORE = fileOf('core.wasm', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
const EMPTY = fileOf('empty.wasm', Uint8Array.of());
const TEXT = fileOf('text.wasm', Buffer.from('(module) (module)'));
const OTHER = fileOf('other.wasm', Buffer.from('#!/bin/sh\n'));

describe.each(['serve', 'inspect'])('%s', (command) => {
  test.each([
    ['no file', join(folder, 'none.wasm'), /no such file/],
    ['a folder', folder, /it is a directory/],
    ['a core module', CORE, /is a core module, not a component: build it for wasm32-wasip2/],
    ['an empty file', EMPTY, /it has only 0 bytes/],
    ['two texts', TEXT, /is not valid text of WebAssembly, at 1:10: extra tokens/],
    ['something else', OTHER, /is not WebAssembly/],
    ['a truncated component', TRUNCATED, /is damaged or truncated/],
  ])('of %s says so in one message and exits with 1', async (_name, file, message) => {
    const { code, stdout, stderr } = await runWasiServe([command, file]);
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
  });
});

describe('serve', () => {
  test('names all missing imports in one message', async () => {
    const { code, stderr } = await runWasiServe([guestPath('missing-import')]);
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(
      /^error: .* has imports that this host does not provide:\n {2}acme:keyvalue\/store@\S+\n {2}acme:greeter\/greet@\S+\n$/,
    );
  });

  test('of another world says what it exports', async () => {
    const { code, stderr } = await runWasiServe([guestPath('command')]);
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/^error: .*does not implement wasi:http\/proxy: it exports wasi:cli\/run@/);
  });

  test('on an address in use says so', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runWasiServe([HELLO, '--addr', `127.0.0.1:${port}`]);
    expect(code, stderr).toBe(1);
    other.close();
    const system = 'Address already in use \\(os error \\d+\\)';
    expect(stderr).toMatch(
      new RegExp(`^error: http://127.0.0.1:${port} is in use by another process: ${system}\\. .*--addr\n$`),
    );
  });

  test('as JSON says why in an object', async () => {
    const { code, stderr } = await runWasiServe([CORE, '--log-format', 'json']);
    expect(code, stderr).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      level: 'error',
      event: 'notice',
      message: expect.stringContaining('core module'),
    });
  });

  test.each([
    [['--addr', ':9999', '--admin-addr', ':9999'], /--addr and --admin-addr are the same address/],
    [['--addr', '0.0.0.0:9999', '--shutdown-addr', ':9999'], /--addr and --shutdown-addr are the same address/],
    [['--admin-addr', '[::1]:9999', '--shutdown-addr', '[::1]:9999'], /--admin-addr and --shutdown-addr are the same/],
  ])('with %j says that only one of them can be had, and exits with 2', async (args, message) => {
    const { code, stderr } = await runWasiServe([HELLO, ...args]);
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('takes options from the environment, less than from flags', async () => {
    const env = { WASI_SERVE_LOG_FORMAT: 'json', WASI_SERVE_CPU_TIMEOUT: '5s', WASI_SERVE_ENGINE: 'v8' };
    const { code, stderr } = await runWasiServe([CORE, '--engine', 'linker'], env);
    expect(code, stderr).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ level: 'error' });
    const wrong = await runWasiServe([CORE], env);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: "error: invalid WASI_SERVE_ENGINE 'v8': write one of auto, linker, jco\n",
    });
  });

  test.each([
    [['--dir', 'missing'], /cannot open the directory missing \(--dir\): ENOENT/],
    [['--engine', 'jco', '--isolation', 'reset'], /the jco engine gives every request a fresh instance/],
    [['--limit', 'memory-bytes=64KiB'], /a memory of 17 pages, the limit is 1/],
    [['-W', 'max-memory-size=64KiB'], /a memory of 17 pages, the limit is 1/],
    [['-H', '@/no/such/file'], /ENOENT/],
  ])('%j is refused with a sentence and 1', async (args, message) => {
    const { code, stderr } = await runWasiServe([HELLO, ...args]);
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });
});

describe('bad usage', () => {
  test.each([
    [[], /missing required argument 'file'/],
    [['a.wasm', 'b.wasm'], /too many arguments/],
    [['insepct', 'a.wasm'], /^error: unknown command 'insepct': did you mean inspect\?\n$/],
    [['srve', 'a.wasm'], /^error: unknown command 'srve': did you mean serve\?\n$/],
    [['help', 'inspct'], /^error: unknown command 'inspct': did you mean inspect\?\n$/],
    [['help', 'foo'], /^error: unknown command 'foo': there are serve, run, inspect, compare, completions, help\n$/],
    [['a.wasm', '--adr', '127.0.0.1:0'], /unknown option '--adr'\n\(Did you mean --addr\?\)/],
    [['serve', 'a.wasm', '--no-loging-prefix'], /Did you mean --no-logging-prefix\?/],
    [['inspect', 'a.wasm', '--jsn'], /Did you mean --json\?/],
    [['a.wasm', '--addr', '8080'], /invalid --addr '8080': write 127\.0\.0\.1:8080/],
    [['a.wasm', '--drain-timeout', 'soon'], /invalid --drain-timeout 'soon': write 30s/],
    [['a.wasm', '--shutdown-delay', 'soon'], /invalid --shutdown-delay 'soon': write 30s/],
    [['a.wasm', '--cpu-timeout', 'soon'], /invalid --cpu-timeout 'soon': write 30s/],
    [['a.wasm', '--cpu-timeout', '600h'], /too long/],
    [
      ['a.wasm', '--min-body-rate', 'fast'],
      /invalid --min-body-rate 'fast': write 64KiB, 10MB or a number of bytes, 0 for no limit/,
    ],
    [['a.wasm', '--body-grace', '0'], /invalid --body-grace '0': write at least 1ms/],
    [['a.wasm', '--preemption', 'maybe'], /invalid --preemption 'maybe': write one of on, off/],
    [['a.wasm', '--preemption'], /argument missing/],
    [
      ['a.wasm', '--max-concurrent-requests', '0'],
      /invalid --max-concurrent-requests '0': write a whole number from 1/,
    ],
    [['a.wasm', '--engine', 'v8'], /invalid --engine 'v8': write one of auto, linker, jco/],
    [['a.wasm', '-W', 'timeout=soon'], /invalid -W timeout 'soon': write 30s/],
    [['a.wasm', '-W', 'timout=5s'], /unknown option '-W timout': did you mean timeout\? \(see -W help\)/],
    [['a.wasm', '-C', 'bogus'], /unknown option '-C bogus' \(see -C help\)/],
    [['a.wasm', '-S', 'inherit-enw'], /unknown option '-S inherit-enw': did you mean inherit-env\?/],
    [['a.wasm', '--limit', 'nope=1'], /use name=value; the names are component-bytes, /],
    [['a.wasm', '--limit', 'handels=1'], /unknown limit 'handels': did you mean handles\?/],
    [['a.wasm', '-H', 'nonsense'], /write 'name: value'/],
    [['a.wasm', '--env', '=x'], /has no name/],
  ])('%j exits with 2', async (args, message) => {
    const { code, stdout, stderr } = await runWasiServe(args);
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
  });
});

describe('help', () => {
  test.each([
    [['--help'], /^Usage: wasi-serve \[serve\] <file> \[options\]\n[^]*Examples:\n/],
    [
      ['serve', '--help'],
      /--addr <host:port>[^]*--cpu-timeout <time>[^]*--preemption <on\|off>[^]*Limits on guests[^]* memory-bytes +512MiB\n[^]*Examples:\n/,
    ],
    [['inspect', '-h'], /--json/],
    [['help'], /^Usage: wasi-serve \[serve\] <file> \[options\]\n/],
    [['help', 'inspect'], /--json/],
    [['help', 'serve'], /--addr <host:port>/],
    [
      ['x.wasm', '-W', 'help'],
      /^ {2}-W trap-on-grow-failure +[^]* -W max-memory-size +[^]* -W timeout +how long a request may take; 0 for no limit[^]*Without effect here: /,
    ],
    [
      ['-S', 'help'],
      /-S inherit-env[^]*-S max-http-fields-size +[^]*Always on: cli, [^]*Without effect here: [^]*\bnn-graph\b/,
    ],
    [
      ['serve', '-C', 'help'],
      /-C cache +folder for cached artifacts of components, or\s+no\s+\(default: the\s+user's\s+cache\s+folder\)\n/,
    ],
    [['-O', 'help'], /^Without effect here: [^]*\bopt-level\b/],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['x.wasm', '--version'], /^\d+\.\d+\.\d+\n$/],
    [['inspect', '-V'], /^\d+\.\d+\.\d+\n$/],
  ])('%j', async (args, text) => {
    const { code, stdout, stderr } = await runWasiServe(args);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(text);
    expect(stderr).toBe('');
    // The width of a terminal that does not tell its own.
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });
});
