import { readFileSync, writeFileSync } from 'node:fs';
import { connectionsOf, summaryTable } from './load-report.ts';
import { toChart } from './chart.ts';
import { type Report, toJson, toMarkdown } from './report.ts';
import { headlineOf } from './results.ts';

/** All samples of the run that the documents show. */
export const RECORDED = 'scripts/bench/recorded.json';

/** Between these lines a page is written by the bench. */
const [BEGIN, END] = ['<!-- made by `npm run bench -- --all` -->', '<!-- end of what the bench made -->'];

/** Has the documents show this run. Returns the files that it wrote; throws if a page has lost its place for them. */
export function record(report: Report): string[] {
  const files = { [RECORDED]: toJson(report), ...toDocuments(report, readPage) };
  for (const [file, text] of Object.entries(files)) writeFileSync(file, text);
  return Object.keys(files);
}

/** The documents that show a run, by file: what `readPageOf` has, with the tables of the run. */
export function toDocuments(report: Report, readPageOf: (file: string) => string): Readonly<Record<string, string>> {
  const replace = (file: string, text: string): string => replaceBetween(file, readPageOf(file), text);
  return {
    'README.md': replace('README.md', toSummary(report)),
    'scripts/bench/README.md': replace('scripts/bench/README.md', toMarkdown(report)),
    'docs/bench.svg': toChart(report),
  };
}

const readPage = (file: string): string => readFileSync(file, 'utf8');

function replaceBetween(file: string, page: string, text: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`${file} lacks the lines ${BEGIN} and ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${text.trimEnd()}\n\n${page.slice(end)}`;
}

/** The table that most people want to see, and what they need to read it. */
function toSummary({ date, machine, rows, versions, skipped }: Report): string {
  const servers = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const lines = [
    `Replies a second, ${headlineOf(connectionsOf(rows))} connections, server on one core of ${machine.cores} (${machine.cpu}), ${date.slice(0, 10)}.`,
    `${servers.join('; ')}.`,
    ...skipped.map(({ guest, reason }) => `Not measured: ${guest} (${reason}).`),
  ];
  return `${summaryTable(rows)}\n\n${lines.join('\n')}`;
}
