// Draws docs/bench.svg of a run's results: `node scripts/bench/chart.ts [RESULTS.json]`; without a file, of the recorded run that the README shows.
import { readFileSync, writeFileSync } from 'node:fs';
import { type Recorded, toChart } from './report/chart.ts';

const root = `${import.meta.dirname}/../..`;
const results = process.argv[2] ?? `${import.meta.dirname}/recorded.json`;
writeFileSync(`${root}/docs/bench.svg`, toChart(JSON.parse(readFileSync(results, 'utf8')) as Recorded));
