import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, readdirSync, readlinkSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { type PageStore, openKernelPages } from '../../src/linker/run/memory/kernel-pages.ts';
import { collectGarbage } from '../../src/util/collect.ts';
import { PAGE_BYTES } from '../../src/wasm/page-bytes.ts';
import { until } from '../harness/until.ts';

const MODULE = new URL('../../src/linker/run/memory/kernel-pages.ts', import.meta.url).href;

/** Three pages of data after one that is zero. */
const DATA = new Uint8Array(4 * PAGE_BYTES).map((_, index) => (index < PAGE_BYTES ? 0 : (index * 31) ^ (index >> 7)));
const PARTS = [DATA.subarray(PAGE_BYTES, 2 * PAGE_BYTES), DATA.subarray(2 * PAGE_BYTES + 4096)];

const newMemory = (initial = 6): WebAssembly.Memory => new WebAssembly.Memory({ initial, maximum: 100 });
const bytesOf = ({ buffer }: WebAssembly.Memory): Uint8Array => new Uint8Array(buffer);
const isZero = (bytes: Uint8Array): boolean => Buffer.compare(bytes, new Uint8Array(bytes.byteLength)) === 0;

/** What a memory holds that began with the data. */
function expected(pages: number): Uint8Array {
  const bytes = new Uint8Array(pages * PAGE_BYTES);
  for (const part of PARTS) bytes.set(part, part.byteOffset);
  return bytes;
}

function openStore(): PageStore {
  const store = openKernelPages();
  if (store === undefined) throw new Error('this machine cannot share pages');
  return store;
}

const countMappings = (): number => readFileSync('/proc/self/maps', 'utf8').split('memfd:wasi-serve').length - 1;

function descriptors(): string[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('memfd:wasi-serve');
    } catch {
      return false;
    }
  });
}

/** Until V8 has collected whatever is not needed any more. */
async function untilGone(isGone: () => boolean): Promise<void> {
  await until(async () => {
    collectGarbage('sync');
    await new Promise((resolve) => setImmediate(resolve));
    return isGone();
  });
}

describe.skipIf(process.platform !== 'linux')('memories that share pages', () => {
  test('hold the data, and zeros around it', () => {
    const memory = newMemory();
    expect(openStore().store(PARTS)?.mapInto(memory)).toBe(true);
    expect(Buffer.compare(bytesOf(memory), expected(6))).toBe(0);
  });

  test('see nothing of what others write, before or after', () => {
    const pages = openStore().store(PARTS);
    const [early, writer] = [newMemory(), newMemory()];
    pages?.mapInto(early);
    pages?.mapInto(writer);
    bytesOf(writer).fill(0xee);
    const late = newMemory();
    pages?.mapInto(late);
    for (const memory of [early, late]) expect(Buffer.compare(bytesOf(memory), expected(6))).toBe(0);
    expect(bytesOf(writer).every((byte) => byte === 0xee)).toBe(true);
  });

  test('keep what they hold when they grow, and grow by zeros', () => {
    const pages = openStore().store(PARTS);
    const memory = newMemory(4);
    pages?.mapInto(memory);
    bytesOf(memory)[3 * PAGE_BYTES] = 1;
    const wanted = expected(60);
    wanted[3 * PAGE_BYTES] = 1;
    memory.grow(56);
    expect(Buffer.compare(bytesOf(memory), wanted)).toBe(0);
  });

  test('are as large as the data, at least: a smaller one stays as it is', () => {
    const memory = newMemory(3);
    expect(openStore().store(PARTS)?.mapInto(memory)).toBe(false);
    expect(isZero(bytesOf(memory))).toBe(true);
  });

  test('have data that nobody can change', () => {
    const pages = openStore().store(PARTS);
    const [fd] = descriptors();
    const file = openSync(`/proc/self/fd/${fd}`, 'r+');
    expect(() => writeSync(file, 'changed')).toThrow('EPERM');
    expect(() => ftruncateSync(file, 1)).toThrow('EPERM');
    expect(() => writeSync(Number(fd), 'changed')).toThrow('EBADF');
    closeSync(file);
    const memory = newMemory();
    pages?.mapInto(memory);
    expect(Buffer.compare(bytesOf(memory), expected(6))).toBe(0);
  });

  test('no data is nothing to share', () => {
    expect(openStore().store([])).toBeUndefined();
  });

  test('under growth and collection: each holds its own, new memories are zero, and all is given back', async () => {
    await untilGone(() => countMappings() === 0 && descriptors().length === 0);
    await exercise();
    await untilGone(() => countMappings() === 0 && descriptors().length === 0);
  });

  test('a thread that ends meanwhile takes its own with it, and nothing else', async () => {
    const memory = newMemory();
    const pages = openStore().store(PARTS);
    pages?.mapInto(memory);
    await untilGone(isAlone);
    for (let round = 0; round < 6; round += 1) {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(THREAD)}`));
      await new Promise((resolve) => worker.once('message', resolve));
      // In the middle of its work.
      await worker.terminate();
    }
    await untilGone(isAlone);
    expect(Buffer.compare(bytesOf(memory), expected(6))).toBe(0);
    const other = newMemory();
    expect(pages?.mapInto(other)).toBe(true);
    expect(Buffer.compare(bytesOf(other), expected(6))).toBe(0);
  });
});

/** Maps into memories without end. */
const THREAD = `
  import { parentPort } from 'node:worker_threads';
  const { openKernelPages } = await import(${JSON.stringify(MODULE)});
  const data = new Uint8Array(${2 * PAGE_BYTES}).fill(7);
  const pages = openKernelPages().store([data]);
  const kept = [];
  for (let round = 0; ; round += 1) {
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 50 });
    if (!pages.mapInto(memory)) throw new Error('not mapped');
    new Uint8Array(memory.buffer).fill(round);
    memory.grow(10);
    kept[round % 20] = memory;
    if (round === 50) parentPort.postMessage('works');
  }
`;

/** One memory and one file. */
function isAlone(): boolean {
  return countMappings() === 1 && descriptors().length === 1;
}

async function exercise(): Promise<void> {
  const kept: { readonly memory: WebAssembly.Memory; readonly wanted: Uint8Array }[] = [];
  const pages = openStore().store(PARTS);
  for (let round = 0; round < 300; round += 1) {
    const plain = newMemory();
    expect(isZero(bytesOf(plain))).toBe(true);
    const memory = newMemory();
    expect(pages?.mapInto(memory)).toBe(true);
    const size = 6 + (round % 5);
    memory.grow(round % 5);
    const wanted = expected(size);
    const at = (round * 4099) % wanted.byteLength;
    bytesOf(memory).fill(round, at, at + 9000);
    wanted.fill(round, at, at + 9000);
    kept[round % 40] = { memory, wanted };
    if (round % 50 === 49) {
      collectGarbage('sync');
      await new Promise((resolve) => setImmediate(resolve));
      for (const one of kept) expect(Buffer.compare(bytesOf(one.memory), one.wanted)).toBe(0);
    }
  }
}

const PRINT = `const { openKernelPages } = await import(${JSON.stringify(MODULE)});
console.log(openKernelPages() === undefined ? 'own' : 'shared');`;

test.skipIf(process.platform !== 'linux').each([
  [[], 'shared\n'],
  [['--no-experimental-ffi'], 'own\n'],
  [['--permission', '--allow-fs-read=*'], 'own\n'],
])('with %j a process says nothing, and has pages that are %j', (flags, wanted) => {
  const args = [...flags, '--input-type=module', '--eval', PRINT];
  const out = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  expect(out).toBe(wanted);
});
