import { expect, test } from 'vitest';
import { toDocuments } from '../../scripts/bench/report/record.ts';
import { type Report, isSound, toJson, toMarkdown } from '../../scripts/bench/report/report.ts';
import { formatTable } from '../../scripts/bench/report/format.ts';

const OURS = { id: 'wasi-serve', name: 'wasi-serve' } as const;
const PEER = { id: 'wasmtime', name: 'wasmtime serve' } as const;

const load = (perSecond: number, p99Ms: number) => ({ perSecond, p50Ms: 1, p99Ms, p999Ms: 2 * p99Ms, faults: {} });
const loads = (rates: readonly number[], p99Ms: number) =>
  [1, 16, 64].map((connections) => ({ connections, samples: rates.map((rate) => load(rate * connections, p99Ms)) }));

const REPORT: Report = {
  date: '2026-12-01T03:00:00.000Z',
  command: 'npm run bench -- --all',
  machine: { cpu: 'a core', cores: 2, memoryGb: 8, kernel: 'Linux 6', loadBefore: 0.1 },
  versions: { 'wasi-serve': '0.1.0', 'wasmtime serve': '50.0.1' },
  notes: ['a note'],
  skipped: [{ guest: 'csharp', reason: 'no compiler' }],
  rows: [
    {
      guest: 'hello',
      contender: OURS,
      coldStartsMs: [300],
      warmStartsMs: [150],
      loads: loads([100, 300, 200], 3),
      idleBytes: 70e6,
      peakBytes: 90e6,
      restedBytes: 80e6,
    },
    {
      guest: 'hello',
      contender: PEER,
      coldStartsMs: [50],
      warmStartsMs: [20],
      loads: loads([100], 2),
      idleBytes: 20e6,
      peakBytes: 30e6,
      restedBytes: 30e6,
    },
  ],
  bursts: [
    {
      guest: 'hello',
      contender: OURS,
      connections: 64,
      samples: [{ first: load(10, 200), next: load(30, 15), afterLull: load(20, 176) }],
    },
  ],
  bodies: [
    { kind: '1 MiB echo', contender: OURS, samples: [{ mbPerSecond: 500, cpuMsPerMb: 2 }] },
    { kind: '1 MiB echo', contender: PEER, samples: [{ mbPerSecond: 250, cpuMsPerMb: 4 }] },
  ],
  outgoing: [
    { contender: OURS, samples: [{ perSecond: 4000, p50Ms: 3, p99Ms: 8, cpuUsPerRequest: 200 }] },
    { contender: PEER, failure: 'start: the server ended', samples: [] },
  ],
  density: [
    {
      contender: OURS,
      samples: [{ waiting: 10_000, bytesPerIdleConnection: 10_240, bytesPerSuspendedRequest: 51_200 }],
    },
  ],
  overlap: [{ contender: OURS, totalsMs: [580] }],
  workers: [],
};

/** The lines of a section, by its title. */
function tableOf(title: string): string[] {
  const section = toMarkdown(REPORT)
    .split('\n### ')
    .find((text) => text.startsWith(title));
  return (section ?? '').split('\n').filter((line) => line.startsWith('|'));
}

test('load: medians, ratios, a percentile beyond 99, and guests that were skipped with the reason', () => {
  expect(tableOf('Load, 16 connections')).toEqual([
    '| guest | server | req/s | of wasmtime | spread | p50 | p99 | of wasmtime | p99.9 |',
    '|---|---|---:|---:|---:|---:|---:|---:|---:|',
    '| hello | wasi-serve | 3,200 | 2.00 | 100 % | 1.00 ms | 3.00 ms | 1.50 | 6.00 ms |',
    '| hello | wasmtime serve | 1,600 | 1.00 | — | 1.00 ms | 2.00 ms | 1.00 | 4.00 ms |',
    '| csharp | skipped: no compiler | — | — | — | — | — | — | — |',
  ]);
  expect(
    toMarkdown(REPORT)
      .match(/^### .*/gm)
      ?.slice(0, 3),
  ).toEqual(['### Load, 16 connections', '### Load, 1 connection', '### Load, 64 connections']);
});

test('starts and memory, bodies, outgoing requests, density, bursts', () => {
  expect(tableOf('Start')[2]).toBe(
    '| hello | wasi-serve | 300 ms | 6.00 | 150 ms | 7.50 | 70 MB | 90 MB | 80 MB | 3.00 |',
  );
  expect(tableOf('Bodies')[2]).toBe('| 1 MiB echo | wasi-serve | 500 | 2.00 | 2.00 ms | 0.500 |');
  expect(tableOf('Outgoing').slice(2)).toEqual([
    '| wasi-serve | 4,000 | 3.00 ms | 8.00 ms | 200 µs |',
    '| wasmtime serve | failed | — | — | — |',
  ]);
  expect(tableOf('Density')[2]).toBe('| wasi-serve | 10,000 | 10.0 | 50.0 |');
  expect(tableOf('Bursts')[2]).toBe('| hello, 64 | wasi-serve | 200 ms (10) | 15 ms (30) | 176 ms (20) |');
});

test('a failure is told with its reason, and makes the run of that server unsound', () => {
  expect(toMarkdown(REPORT)).toContain('- outgoing, wasmtime serve: start: the server ended\n');
  expect([isSound(REPORT, 'wasi-serve'), isSound(REPORT, 'wasmtime')]).toEqual([true, false]);
});

test('a report read from its JSON is the same report', () => {
  const again = JSON.parse(toJson(REPORT)) as Report;
  expect(toMarkdown(again)).toBe(toMarkdown(REPORT));
  expect(toJson(again)).toBe(toJson(REPORT));
});

test('documents get the tables between their two lines, and keep the rest', () => {
  const page = 'before\n<!-- made by `npm run bench -- --all` -->\nold\n<!-- end of what the bench made -->\nafter\n';
  const documents = toDocuments(REPORT, () => page);
  expect(documents['README.md']).toBe(`before
<!-- made by \`npm run bench -- --all\` -->

| guest | wasi-serve | wasmtime serve | ratio | p99: ours, wasmtime | MB under load: ours, wasmtime |
|---|---:|---:|---:|---:|---:|
| hello | 3,200 | 1,600 | 2.00 | 3.00, 2.00 ms | 90, 30 |

Replies a second, 16 connections, server on one core of 2 (a core), 2026-12-01.
wasi-serve 0.1.0; wasmtime serve 50.0.1.
Not measured: csharp (no compiler).

<!-- end of what the bench made -->
after
`);
  expect(documents['docs/bench.svg']).toContain('16 connections (2026-12-01)');
  expect(() => toDocuments(REPORT, () => 'no lines')).toThrow('README.md lacks the lines <!-- made by');
});

test('a table has no column without anything in it', () => {
  expect(
    formatTable(
      ['a', 'b', 'c'],
      [
        ['x', '—', '1'],
        ['y|z', '—', '—'],
      ],
    ),
  ).toBe('| a | c |\n|---|---:|\n| x | 1 |\n| y\\|z | — |');
});
