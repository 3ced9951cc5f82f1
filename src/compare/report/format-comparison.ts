import type { Paint } from '../../observe/terminal/paint.ts';
import { formatCount } from '../../util/format.ts';
import { toPrintable, truncate } from '../../util/printable.ts';
import type { Difference, ProbeResult } from '../differences/difference.ts';
import { type Comparison, type Measure, countDifferences } from './comparison.ts';
import { formatTimesBetter, formatValue } from './format-value.ts';

const DEFAULT_COLUMNS = 80;
const MIN_BAR = 10;
/** Room for ` 123,456 (123,456-123,456)  12.3 times better`. */
const NUMBERS = 46;

/** The output of `compare` for people: what differs, and bars. `columns` is the width of the terminal. */
export function formatComparison(comparison: Comparison, paint: Paint, columns = DEFAULT_COLUMNS): string {
  const { probes, measures, warnings, notes } = comparison;
  const differing = probes.filter(({ differences }) => differences.length > 0);
  const blocks = [
    formatSummary(comparison, paint),
    ...differing.map((probe) => formatProbe(comparison, probe, paint)),
    ...measures.map((measure) => formatMeasure(comparison, measure, paint, columns)),
    [
      ...warnings.map((line) => `${paint('odd', 'note:')} ${line}\n`),
      ...notes.map((line) => `${paint('faint', line)}\n`),
    ].join(''),
  ];
  return blocks.filter((block) => block !== '').join('\n');
}

function formatSummary(comparison: Comparison, paint: Paint): string {
  const { probes, theirs, ignoredFields } = comparison;
  const count = countDifferences(comparison);
  const known = probes.filter(({ differences }) => differences.length > 0).length - count;
  const varying = new Set(probes.flatMap((probe) => probe.varying));
  const tone = count === 0 ? 'good' : 'bad';
  const found = paint(tone, count === 0 ? 'no difference' : formatCount(count, 'difference'));
  const meant = known === 0 ? '' : `, and ${known} that are meant`;
  const lines = [`${formatCount(probes.length, 'request')} to wasi-serve and ${theirs.name}: ${found}${meant}`];
  if (varying.size > 0) lines.push(`  new in each reply, and not compared: ${[...varying].join(', ')}`);
  lines.push(paint('faint', `  fields that are not compared: ${ignoredFields.join(', ')}`));
  return `${lines.join('\n')}\n`;
}

function formatProbe({ ours, theirs }: Comparison, probe: ProbeResult, paint: Paint): string {
  const { group, name, repeat, differences } = probe;
  const width = Math.max(ours.name.length, theirs.name.length);
  const lines = differences.flatMap((difference) => [
    `  ${paint(difference.known === undefined ? 'bad' : 'odd', titleOf(difference))}${difference.known === undefined ? '' : `: ${difference.known}`}`,
    `    ${ours.name.padEnd(width)}  ${difference.ours}`,
    `    ${theirs.name.padEnd(width)}  ${difference.theirs}`,
  ]);
  const title = paint('strong', `${group}: ${truncate(toPrintable(name), 80)}`);
  return [title, ...lines, `  ${paint('faint', repeat)}`, ''].join('\n');
}

/** `field x-name`; one that is known says so. */
export function titleOf({ aspect, name, known }: Difference): string {
  return `${known === undefined ? '' : 'meant, '}${aspect}${name === undefined ? '' : ` ${name}`}`;
}

function formatMeasure({ ours, theirs }: Comparison, measure: Measure, paint: Paint, columns: number): string {
  const width = Math.max(ours.name.length, theirs.name.length);
  const room = Math.max(MIN_BAR, columns - width - NUMBERS - 4);
  const most = Math.max(measure.ours.median, measure.theirs.median);
  const bar = (value: number): string => '█'.repeat(Math.max(1, Math.round((value / most) * room))).padEnd(room);
  const line = (name: string, { median, low, high }: Measure['ours'], verdict: string): string => {
    const spread = low === high ? '' : ` (${formatValue(low, measure.unit)}-${formatValue(high, measure.unit)})`;
    return `  ${name.padEnd(width)}  ${bar(median)} ${formatValue(median, measure.unit)}${paint('faint', spread)}${verdict}\n`;
  };
  const tone = measure.isWithinNoise ? 'faint' : measure.timesBetter >= 1 ? 'good' : 'bad';
  const verdict = `  ${paint(tone, formatTimesBetter(measure))}`;
  const title = `${paint('strong', measure.name)}${paint('faint', measure.better === 'more' ? '' : ', less is better')}`;
  return `${title}\n${line(ours.name, measure.ours, verdict)}${line(theirs.name, measure.theirs, '')}`;
}
