// Has README.md, scripts/bench/README.md and docs/bench.svg show a run: `node scripts/bench/chart.ts [RESULTS.json]`; without a file, the
// recorded one again.
import { readFileSync } from 'node:fs';
import { RECORDED, record } from './report/record.ts';
import type { Report } from './report/report.ts';

process.chdir(`${import.meta.dirname}/../..`);
const results = JSON.parse(readFileSync(process.argv[2] ?? RECORDED, 'utf8')) as Report;
for (const file of record(results)) console.log(`written: ${file}`);
