import { loadFfi } from './ffi.ts';

interface Libc {
  malloc_trim(padding: bigint): number;
}

/**
 * Finds the function by which GNU's C library gives back to the system what it has freed and keeps for later: after V8 has compiled much, tens of megabytes, which
 * it would never give back by itself. A call takes up to some 10 ms. `undefined` with another C library, without `node:ffi`, or without permission for it (`--allow-ffi`).
 *
 * Source: `malloc_trim(3)`.
 */
export function findHeapTrimmer(): (() => void) | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const libc = loadFfi()?.dlopen(null, { malloc_trim: { arguments: ['uint64'], return: 'int32' } }).functions;
    return libc && (() => void (libc as Libc).malloc_trim(0n));
  } catch {
    return undefined;
  }
}
