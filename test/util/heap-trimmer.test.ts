import { expect, test } from 'vitest';
import { findHeapTrimmer } from '../../src/util/heap-trimmer.ts';
import { loadFfi } from '../../src/util/ffi.ts';

const MIB = 1024 * 1024;
const hasGnuLibc = 'glibcVersionRuntime' in ((process.report.getReport() as { header: object }).header ?? {});

interface Libc {
  malloc(size: bigint): bigint;
  free(address: bigint): void;
  memset(address: bigint, byte: number, size: bigint): bigint;
}

test.runIf(hasGnuLibc && loadFfi() !== undefined)('what was freed is given back to the system', () => {
  const signatures = {
    malloc: { arguments: ['uint64'], return: 'pointer' },
    free: { arguments: ['pointer'], return: 'void' },
    memset: { arguments: ['pointer', 'int32', 'uint64'], return: 'pointer' },
  } as const;
  const libc = loadFfi()?.dlopen(null, signatures).functions as unknown as Libc;
  const trim = findHeapTrimmer();
  // Small pieces, of which the last stays: what lies below it is not given back when it is freed.
  const pieces = Array.from({ length: 2000 }, () => libc.malloc(64n * 1024n));
  for (const piece of pieces) libc.memset(piece, 1, 64n * 1024n);
  for (const piece of pieces.slice(0, -1)) libc.free(piece);
  const before = process.memoryUsage.rss();
  trim?.();
  expect(before - process.memoryUsage.rss()).toBeGreaterThan(100 * MIB);
  libc.free(pieces.at(-1) as bigint);
});
