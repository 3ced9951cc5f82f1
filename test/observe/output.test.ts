import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOutput } from '../../src/observe/output.ts';
import { until } from '../harness/until.ts';

/** A program of every Unix. */
const MKFIFO = 'mkfifo';

let folder = '';
let path = '';
let fd = -1;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasi-serve-'));
  path = join(folder, 'log');
  fd = openSync(path, 'w');
});

afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

test('all lines are written, in order, also those that come while a write is under way', async () => {
  const output = createOutput(fd);
  const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}\n`);
  for (const line of lines.slice(0, 500)) output.write(line);
  await new Promise((resolve) => setImmediate(resolve));
  for (const line of lines.slice(500)) output.write(line);
  await output.flush();
  expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
});

/** How many writes this process has made. Source: proc(5), `syscw`. */
const countWrites = (): number => Number(/syscw: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);

test.skipIf(process.platform !== 'linux')('lines that come soon after each other are written together', async () => {
  const output = createOutput(fd);
  const before = countWrites();
  const startMs = performance.now();
  for (let line = 0; line < 200; line += 1) {
    output.write(`line ${line}\n`);
    await sleep(1);
  }
  await output.flush();
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(201);
  // One each 50 ms, however slow the machine is.
  expect(countWrites() - before).toBeLessThan(10 + (performance.now() - startMs) / 40);
});

test('a line is written soon without a flush, also one that comes just after another', async () => {
  const output = createOutput(fd);
  output.write('one\n');
  await until(() => readFileSync(path, 'utf8') === 'one\n');
  output.write('two\n');
  await until(() => readFileSync(path, 'utf8') === 'one\ntwo\n');
});

test('what is left at the end of the process is written immediately', () => {
  const output = createOutput(fd);
  output.write('last\n');
  output.flushNow();
  expect(readFileSync(path, 'utf8')).toBe('last\n');
});

test('nothing is left to flush if nothing was written', async () => {
  await createOutput(fd).flush();
  expect(readFileSync(path, 'utf8')).toBe('');
});

test('what a reader does not take is bounded, and the rest is counted', async () => {
  const output = createOutput(fd);
  const line = `${'x'.repeat(1024 * 1024 - 1)}\n`;
  for (let index = 0; index < 10; index += 1) output.write(line);
  await output.flush();
  expect(readFileSync(path, 'utf8').slice(8 * 1024 * 1024)).toBe(
    '{"level":"warning","event":"log-dropped","entries":2}\n',
  );
});

test.skipIf(process.platform === 'win32')('a reader that stalls holds nobody, and is told what it lost', async () => {
  const fifo = join(folder, 'fifo');
  execFileSync(MKFIFO, [fifo]);
  // Opened for both, because opening one end alone waits for the other.
  const other = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  const output = createOutput(other);
  const line = `${'é'.repeat(1024 * 1024 - 1)}\n`;
  for (let index = 0; index < 11; index += 1) output.write(line);
  await sleep(50);
  const decoder = new TextDecoder();
  const bytes = Buffer.alloc(1024 * 1024);
  let text = '';
  const read = (): void => {
    try {
      text += decoder.decode(bytes.subarray(0, readSync(other, bytes)), { stream: true });
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
    }
  };
  await until(() => {
    for (let times = 0; times < 50; times += 1) read();
    return text.includes('log-dropped');
  });
  output.write('next\n');
  await until(() => {
    read();
    return text.endsWith('next\n');
  });
  const [lost = '', entries] = /\{.*"event":"log-dropped","entries":(\d+)\}\n/.exec(text) ?? [];
  expect(text).toBe(`${line.repeat(11 - Number(entries))}${lost}next\n`);
  closeSync(other);
});

test.each(['/dev/full', '/dev/null'])('a descriptor that takes nothing is not a failure: %s', async (device) => {
  const other = openSync(device, device === '/dev/null' ? 'r' : 'w');
  const output = createOutput(other);
  output.write('a\n');
  await output.flush();
  output.write('b\n');
  await output.flush();
  output.flushNow();
  closeSync(other);
});
