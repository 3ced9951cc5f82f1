import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Recorded, toChart, toPairs } from '../../scripts/bench/report/chart.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const recorded = JSON.parse(read('scripts/bench/recorded.json')) as Recorded;

test('the chart is that of the recorded run', () => {
  expect(read('docs/bench.svg'), 'run `node scripts/bench/chart.ts`').toBe(toChart(recorded));
});

test.each(['README.md', 'scripts/bench/README.md'])('the table of %s is that of the recorded run', (page) => {
  const text = read(page).replaceAll('**', '');
  for (const { guest, ours, peer } of toPairs(recorded)) {
    const [wanted, ratio] = [
      `${ours.toLocaleString('en-US')} | ${peer.toLocaleString('en-US')}`,
      (ours / peer).toFixed(2),
    ];
    expect(text).toMatch(new RegExp(`^\\| ${guest} \\| [\\d,]+ \\| ${RegExp.escape(`${wanted} | ${ratio}`)} `, 'm'));
  }
  expect(text).toContain(recorded.date);
});
