import { describe, expect, test } from 'vitest';
import type { Difference, ProbeResult } from '../../../src/compare/differences/difference.ts';
import type { Comparison, ServerFacts } from '../../../src/compare/report/comparison.ts';
import { groupProbes } from '../../../src/compare/report/probe-groups.ts';
import { toHtml } from '../../../src/compare/report/to-html.ts';

const STATUS: Difference = { aspect: 'status', ours: '400', theirs: '200' };
const MEANT: Difference = { aspect: 'end', ours: 'reset', theirs: 'whole', known: 'a broken reply never looks whole' };

function probe(name: string, ...differences: Difference[]): ProbeResult {
  return { group: 'targets', name, repeat: `curl '${name}'`, differences, varying: [] };
}

function server(name: string): ServerFacts {
  return { name, command: `${name} <file>`, rounds: [], startsMs: [], idleBytes: null, peakBytes: null };
}

function comparisonOf(probes: readonly ProbeResult[]): Comparison {
  return {
    version: 1,
    date: '2026-12-01T12:34:56Z',
    file: 'a&b.wasm',
    machine: { cpu: 'a CPU', cores: 1, kernel: 'Linux', node: 'v26' } as Comparison['machine'],
    ours: server('wasi-serve'),
    theirs: server('<b>other</b>'),
    notes: ['one note'],
    warnings: ['a <warning>'],
    ignoredFields: ['date'],
    probes,
    measures: [],
  };
}

describe('requests whose replies differ', () => {
  test('stand together if they differ in the same way, in the order of the first; others do not', () => {
    const groups = groupProbes([
      probe('/a', STATUS),
      probe('/none'),
      probe('/b', MEANT),
      probe('/c', STATUS, MEANT),
      probe('/d', STATUS),
    ]);
    const named = groups.map(({ probes, isMeant }) => [probes.map(({ name }) => name), isMeant]);
    expect(named).toEqual([
      [['/a', '/d'], false],
      [['/b'], true],
      [['/c'], false],
    ]);
  });

  test('are counted, and those that differ on purpose are folded behind the others', () => {
    const page = toHtml(comparisonOf([probe('/b', MEANT), probe('/a', STATUS), probe('/d', STATUS), probe('/e')]));
    expect(page).toContain('Of 4 requests, 2 get other replies; 1 more differ on purpose');
    expect(page).toContain('<p class="big bad">2 of 4</p><p>and 1 on purpose</p>');
    expect(page.indexOf('targets: /a')).toBeLessThan(
      page.indexOf('<summary>1 request whose replies differ on purpose'),
    );
    expect(page.indexOf('differ on purpose</summary>')).toBeLessThan(page.indexOf('targets: /b'));
    expect(page).toContain('<summary>the same with 1 other request</summary><ul><li>targets: /d</li></ul>');
  });

  test('may be none', () => {
    const page = toHtml(comparisonOf([probe('/e')]));
    expect(page).toContain('<p class="big good">none</p>');
    expect(page).not.toContain('<details>');
  });
});

test('nothing of a server becomes HTML', () => {
  const page = toHtml(
    comparisonOf([probe('/<script>', { ...STATUS, ours: '<img src=x>', theirs: '"&"' }), probe('/<i>', MEANT)]),
  );
  for (const text of ['<script>', '<img', '<b>other', '<warning>', '/<i>', '<file>']) expect(page).not.toContain(text);
  expect(page).toContain('a&amp;b.wasm');
  expect(page).toContain('&quot;&amp;&quot;');
});
