import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RECORDED, toDocuments } from '../../scripts/bench/report/record.ts';
import { type Report, toJson } from '../../scripts/bench/report/report.ts';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
const recorded = JSON.parse(read(RECORDED)) as Report;

test.each(['README.md', 'scripts/bench/README.md', 'docs/bench.svg'])('%s shows the recorded run', (file) => {
  expect(read(file), 'run `node scripts/bench/chart.ts`').toBe(toDocuments(recorded, read)[file]);
});

test('the recorded run is as the bench writes it', () => {
  expect(read(RECORDED), 'run `node scripts/bench/chart.ts`').toBe(toJson(recorded));
});
