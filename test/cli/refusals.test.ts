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

describe.each(['serve', 'inspect'])('%s', (command) => {
  test.each([
    ['no file', join(folder, 'none.wasm'), /no such file/],
    ['a folder', folder, /it is a directory/],
    ['a core module', CORE, /is a core module, not a component: build it for wasm32-wasip2/],
    ['an empty file', EMPTY, /it has only 0 bytes/],
    ['a text', TEXT, /is not WebAssembly/],
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
      /^error: .* has imports that this host does not provide:\n {2}wasi:keyvalue\/store@\S+\n {2}acme:greeter\/greet@\S+\n$/,
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
    expect(stderr).toMatch(new RegExp(`^error: http://127.0.0.1:${port} is in use by another process: .*--addr\n$`));
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
    [['--dir', '.'], /folders cannot be granted to guests yet/],
    [['--engine', 'jco', '--isolation', 'reset'], /the jco engine gives every request a fresh instance/],
    [['--max-instance-reuse-count', '2'], /an instance serves one request only/],
    [['--limit', 'memory-bytes=64KiB'], /a memory of 17 pages, the limit is 1/],
    [['-W', 'max-memory-size=64KiB'], /a memory of 17 pages, the limit is 1/],
    [['--env', 'NOT_SET_ANYWHERE'], /there is no such variable here/],
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
    [['a.wasm', '--adr', '127.0.0.1:0'], /unknown option '--adr'\n\(Did you mean --addr\?\)/],
    [['serve', 'a.wasm', '--no-loging-prefix'], /Did you mean --no-logging-prefix\?/],
    [['inspect', 'a.wasm', '--jsn'], /Did you mean --json\?/],
    [['a.wasm', '--addr', '8080'], /'--addr <host:port>' argument '8080' is invalid.*write 127\.0\.0\.1:8080/],
    [['a.wasm', '--drain-timeout', 'soon'], /'soon' is no time/],
    [['a.wasm', '--shutdown-delay', 'soon'], /'--shutdown-delay <time>' argument 'soon' is invalid/],
    [['a.wasm', '--cpu-timeout', 'soon'], /'--cpu-timeout <time>' argument 'soon' is invalid.*write 30s/],
    [['a.wasm', '--cpu-timeout', '600h'], /too long/],
    [['a.wasm', '--min-body-rate', 'fast'], /'--min-body-rate <size>' argument 'fast' is invalid.*no size/],
    [['a.wasm', '--body-grace', '0'], /'0' would be over at once/],
    [
      ['a.wasm', '--preemption', 'maybe'],
      /'--preemption <on\|off>' argument 'maybe' is invalid.*Allowed choices are on, off/,
    ],
    [['a.wasm', '--preemption'], /argument missing/],
    [['a.wasm', '--max-concurrent-requests', '0'], /no whole number from 1/],
    [['a.wasm', '--engine', 'v8'], /Allowed choices are auto, linker, jco/],
    [['a.wasm', '-W', 'timeout=soon'], /'soon' is no time/],
    [['a.wasm', '-S', 'inherit-enw'], /there is no such option/],
    [['a.wasm', '--limit', 'nope=1'], /write name=value; names are component-bytes, /],
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
    [['--version'], /^\d+\.\d+\.\d+\n$/],
  ])('%j', async (args, text) => {
    const { code, stdout, stderr } = await runWasiServe(args);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(text);
    expect(stderr).toBe('');
  });
});
