import { formatCount } from '../../util/format.ts';
import { type Comparison, REPLIES, countDifferences } from './comparison.ts';
import { escapeHtml } from './escape-html.ts';
import { formatTimesBetter, formatValue } from './format-value.ts';
import { plotMeasure, plotRounds, toneOf } from './plots.ts';
import { describeGroups } from './probe-groups.ts';
import { REPORT_STYLE } from './report-style.ts';

/** The measures that stand at the top too. */
const FOREMOST: ReadonlySet<string> = new Set([
  REPLIES,
  'CPU time a reply',
  'start to first reply',
  'memory, most under load',
]);

/** A page of its own, what matters first: no scripts, nothing that is loaded. Texts from servers are escaped. */
export function toHtml(comparison: Comparison): string {
  const { ours, theirs, file, date, machine, notes, warnings, ignoredFields } = comparison;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(`${ours.name} and ${theirs.name}: ${file}`)}</title><style>${REPORT_STYLE}</style></head><body>
<h1>${escapeHtml(ours.name)} and ${escapeHtml(theirs.name)}</h1>
<p><code>${escapeHtml(file)}</code>, ${escapeHtml(date.slice(0, 16).replace('T', ' '))} UTC, ${escapeHtml(machine.cpu)}, ${formatCount(machine.cores, 'core')}, ${escapeHtml(machine.kernel)}</p>
${warnings.map((line) => `<p class="warning">${escapeHtml(line)}</p>`).join('\n')}
<div class="cards">${toCards(comparison)}</div>
<table class="commands"><tr><th>${escapeHtml(ours.name)}</th><td><code>${escapeHtml(ours.command)}</code></td></tr>
<tr><th>${escapeHtml(theirs.name)}</th><td><code>${escapeHtml(theirs.command)}</code></td></tr></table>
${toPlots(comparison)}
<h2>Replies to the same requests</h2>
<p>${describeCount(comparison)}. Not compared: the fields ${escapeHtml(ignoredFields.join(', '))}.</p>
${describeGroups(comparison)}
<h2>How it was measured</h2><ul>${notes.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>
</body></html>
`;
}

function toCards(comparison: Comparison): string {
  const { measures, probes } = comparison;
  const count = countDifferences(comparison);
  const cards = measures
    .filter(({ name }) => FOREMOST.has(name))
    .map((measure) => {
      const { name, unit, ours, theirs } = measure;
      const values = `${formatValue(ours.median, unit)}, not ${formatValue(theirs.median, unit)}`;
      return toCard(name, { tone: toneOf(measure), text: formatTimesBetter(measure) }, values);
    });
  const found = { tone: count === 0 ? 'good' : 'bad', text: count === 0 ? 'none' : `${count} of ${probes.length}` };
  const meant = countMeant(comparison);
  return [toCard('replies that differ', found, meant === 0 ? '' : `and ${meant} on purpose`), ...cards].join('\n');
}

function toCard(
  title: string,
  { tone, text }: { readonly tone: string; readonly text: string },
  below: string,
): string {
  return `<div class="card"><p>${escapeHtml(title)}</p><p class="big ${tone}">${escapeHtml(text)}</p><p>${escapeHtml(below)}</p></div>`;
}

function toPlots(comparison: Comparison): string {
  const { ours, theirs, measures } = comparison;
  if (measures.length === 0) return '';
  const rounds = ours.rounds.length + theirs.rounds.length === 0 ? '' : plotRounds(comparison);
  return `<h2>Speed, memory, starts</h2>
<p>Bars are medians, the lines on them the middle half of what was measured.</p>
<div class="plots">${measures.map((measure) => plotMeasure(comparison, measure)).join('\n')}
${rounds}</div>`;
}

function describeCount(comparison: Comparison): string {
  const { probes, theirs } = comparison;
  const [count, meant] = [countDifferences(comparison), countMeant(comparison)];
  const found = count === 0 ? `no reply differs from that of ${escapeHtml(theirs.name)}` : `${count} get other replies`;
  return `Of ${formatCount(probes.length, 'request')}, ${found}${meant === 0 ? '' : `; ${meant} more differ on purpose`}`;
}

function countMeant(comparison: Comparison): number {
  return comparison.probes.filter(({ differences }) => differences.length > 0).length - countDifferences(comparison);
}
