import { type PerformanceNodeEntry, PerformanceObserver, constants } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { IdleMemory } from '../../src/host/idle-memory.ts';
import { createHost } from '../../src/index.ts';

const MIB = 1024 * 1024;

/** The decision at each check. `busy`, or idle with this many MiB. */
function decide(startMib: number, looks: readonly ('busy' | number)[]): boolean[] {
  const memory = new IdleMemory(startMib * MIB);
  return looks.map((look) =>
    look === 'busy'
      ? memory.check({ isIdle: false, byteLength: 1000 * MIB })
      : memory.check({ isIdle: true, byteLength: look * MIB }),
  );
}

describe('an idle host', () => {
  test('collects once it has been idle for three looks', () => {
    expect(decide(100, ['busy', 500, 500, 500])).toEqual([false, false, false, true]);
  });

  test('collects once after a burst, however much is left', () => {
    expect(decide(100, [500, 500, 500, 480, 480, 480, 480])).toEqual([false, false, true, false, false, false, false]);
  });

  test('collects again after another burst', () => {
    const looks = [500, 500, 500, 300, 'busy', 600, 600, 600] as const;
    expect(decide(100, looks)).toEqual([false, false, true, false, false, false, false, true]);
  });

  test('does not collect what is not worth it', () => {
    expect(decide(100, [150, 150, 150, 150])).toEqual([false, false, false, false]);
  });

  test('that is busy now and then does not collect', () => {
    expect(decide(100, [500, 500, 'busy', 500, 500, 'busy'])).not.toContain(true);
  });
});

test(
  'an embedded host has garbage collected when it is idle, if idleMemory is returned',
  { timeout: 120_000 },
  async () => {
    await using host = createHost({ idleMemory: 'returned' }, () => undefined);
    await host.listen({ hostname: '127.0.0.1', port: 0 });
    const forced = Promise.withResolvers<void>();
    const observer = new PerformanceObserver((list) => {
      const details = (list.getEntries() as PerformanceNodeEntry[]).map(
        ({ detail }) => detail as { readonly flags: number },
      );
      if (details.some(({ flags }) => (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0)) forced.resolve();
    });
    observer.observe({ entryTypes: ['gc'] });
    const burst = Buffer.alloc(200 * MIB, 1);
    await forced.promise;
    observer.disconnect();
    expect(burst.byteLength).toBeGreaterThan(0);
  },
);
