import { type PerformanceNodeEntry, PerformanceObserver, constants } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { type MemoryStep, MemoryWatch } from '../../src/host/memory-watch.ts';
import { createHost } from '../../src/index.ts';

const MIB = 1024 * 1024;

/** The decision at each check, with so many MiB. `busy`: a request is in flight; `quick`: one has come and is over since the last check. */
function decide(startMib: number, checks: readonly (readonly ['busy' | 'quick' | 'idle', number])[]): MemoryStep[] {
  const memory = new MemoryWatch(startMib * MIB);
  let asked = 0;
  return checks.map(([what, mib]) => {
    if (what === 'quick') asked += 1;
    return memory.check({ asked, inFlight: what === 'busy' ? 1 : 0, byteLength: mib * MIB });
  });
}

/** What is decided at checks that find a host idle with so many MiB. */
function decideIdle(startMib: number, ...mibs: readonly number[]): MemoryStep[] {
  return decide(
    startMib,
    mibs.map((mib) => ['idle', mib] as const),
  );
}

/** So many checks find so many MiB. */
const idle = (checks: number, mib: number): number[] => Array.from({ length: checks }, () => mib);

describe('a host', () => {
  test('collects when 15 checks have found it idle', () => {
    expect(decideIdle(100, ...idle(15, 120)).lastIndexOf('none')).toBe(13);
    expect(decideIdle(100, ...idle(15, 120)).at(-1)).toBe('collect');
  });

  test('collects once after a burst, however much is left', () => {
    expect(decideIdle(100, ...idle(15, 120), ...idle(40, 118)).slice(15)).not.toContain('collect');
  });

  test('collects again after another burst', () => {
    const quiet = idle(15, 120).map((mib) => ['idle', mib] as const);
    const steps = decide(100, [...quiet, ['idle', 90], ['busy', 120], ...quiet]);
    expect(steps.filter((step) => step === 'collect')).toHaveLength(2);
    expect(steps.at(-1)).toBe('collect');
  });

  test('does not collect what is not worth it', () => {
    expect(decideIdle(100, ...idle(40, 110))).toEqual(Array.from({ length: 40 }, () => 'none'));
  });

  test.each(['busy', 'quick'] as const)('that is %s now and then does not collect', (what) => {
    const quiet = idle(14, 120).map((mib) => ['idle', mib] as const);
    expect(decide(100, [...quiet, [what, 120], ...quiet, [what, 120]])).not.toContain('collect');
  });

  test('trims whenever much more is resident than after the last time, busy or not', () => {
    const steps = decide(100, [
      ['busy', 120],
      ['busy', 130],
      ['busy', 128],
      ['idle', 150],
      ['busy', 153],
      ['busy', 140],
      ['busy', 163],
    ]);
    expect(steps).toEqual(['none', 'trim', 'none', 'none', 'trim', 'none', 'none']);
  });
});

test(
  'an embedded host has garbage collected when it is idle, if idleMemory is returned',
  { timeout: 120_000 },
  async () => {
    await using host = createHost({ idleMemory: 'returned' }, () => undefined);
    await host.listen({ hostname: '127.0.0.1', port: 0 });
    const collected = Promise.withResolvers<void>();
    const observer = new PerformanceObserver((list) => {
      const details = (list.getEntries() as PerformanceNodeEntry[]).map(
        ({ detail }) => detail as { readonly flags: number },
      );
      if (details.some(({ flags }) => (flags & constants.NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE) !== 0))
        collected.resolve();
    });
    observer.observe({ entryTypes: ['gc'] });
    const burst = Buffer.alloc(200 * MIB, 1);
    await collected.promise;
    observer.disconnect();
    expect(burst.byteLength).toBeGreaterThan(0);
  },
);
