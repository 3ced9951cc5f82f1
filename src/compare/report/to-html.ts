import { formatCount } from '../../util/format.ts';
import { type Comparison, REPLIES, countDifferences } from './comparison.ts';
import { escapeHtml } from './escape-html.ts';
import { formatTimesBetter, formatValue } from './format-value.ts';
import { plotMeasure, plotRounds, toneOf } from './plots.ts';
import { describeGroups } from './probe-groups.ts';

/** The style of the report, for light and dark, screens of any width, and paper. */
const STYLE = `
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --paper: #fff; --card: #f6f8fa; --ours: #0969da; --theirs: #818b98; --bad: #cf222e; --odd: #9a6700; --good: #1a7f37 }
@media (prefers-color-scheme: dark) { :root { --ink: #f0f6fc; --soft: #9198a1; --line: #3d444d; --paper: #0d1117; --card: #151b23; --ours: #4493f8; --theirs: #9198a1; --bad: #f85149; --odd: #d29922; --good: #3fb950 } }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem } h3 { font-size: 1rem; margin: 1.75rem 0 .25rem; overflow-wrap: anywhere }
p, li, summary { color: var(--soft) } .bad { color: var(--bad) } .odd { color: var(--odd) } .good { color: var(--good) } .soft { color: var(--soft) }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.75rem, 1fr)); gap: .75rem; margin: 1.25rem 0 }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .75rem } .card p { margin: 0; font-size: 13px } .card .big { font-size: 1rem; font-weight: 600; line-height: 1.6 } .card .big:not(.bad, .good) { color: var(--ink) }
.warning { border-left: 3px solid var(--odd); background: var(--card); color: var(--ink); padding: .5rem .75rem; margin: .5rem 0 }
table { border-collapse: collapse; width: 100%; table-layout: fixed } td, th { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere } th { font-weight: 600 } th:first-child { width: 26% } .commands th { width: 10rem } td small { color: var(--soft) }
code, pre { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap } pre { background: var(--card); border-radius: .375rem; padding: .5rem .75rem; margin: .5rem 0 }
details { margin: 1rem 0 } summary { cursor: pointer } details ul { margin: .25rem 0 }
.plots { overflow-x: auto } svg { width: 100%; min-width: 38rem; height: auto; display: block } svg text { font: 13px system-ui, sans-serif; fill: var(--ink) } svg .soft { fill: var(--soft) } svg .title { font-weight: 600 }
svg .good { fill: var(--good) } svg .bad { fill: var(--bad) } svg .ours { fill: var(--ours) } svg .theirs { fill: var(--theirs) } svg .dot { stroke: var(--paper); stroke-width: 1.5; fill-opacity: .85 } svg .range { stroke: var(--ink); stroke-width: 1.5 } svg .axis { stroke: var(--line) }
@media print { body { max-width: none; margin: 0 } h3, tr, svg { break-inside: avoid } }
`;

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
<title>${escapeHtml(`${ours.name} and ${theirs.name}: ${file}`)}</title><style>${STYLE}</style></head><body>
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
