import type { ProbeResult } from '../differences/difference.ts';
import { type Comparison, type Measure, type Round, countDifferences } from './comparison.ts';
import { titleOf } from './format-comparison.ts';
import { formatTimesBetter, formatValue } from './format-value.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --paper: #fff; --ours: #0969da; --theirs: #818b98; --bad: #cf222e; --odd: #9a6700; --good: #1a7f37 }
@media (prefers-color-scheme: dark) { :root { --ink: #f0f6fc; --soft: #9198a1; --line: #3d444d; --paper: #0d1117; --ours: #4493f8; --theirs: #9198a1; --bad: #f85149; --odd: #d29922; --good: #3fb950 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line) } h3 { font-size: 1rem; margin-bottom: 0 }
p, li { color: var(--soft) } .bad { color: var(--bad) } .odd { color: var(--odd) } .good { color: var(--good) }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line) }
code, pre { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap } pre { border: 1px solid var(--line); padding: .5rem; margin: .5rem 0 }
svg { width: 100%; height: auto; display: block } svg text { font: 13px system-ui, sans-serif; fill: var(--ink) } svg .soft { fill: var(--soft) }
svg .ours { fill: var(--ours) } svg .theirs { fill: var(--theirs) } svg .dot { stroke: var(--paper); stroke-width: 1.5 } svg .range { stroke: var(--ink); stroke-width: 1.5 }
`;

/** A page of its own: no scripts, nothing that is loaded. Texts from servers are escaped. */
export function toHtml(comparison: Comparison): string {
  const { ours, theirs, file, date, machine, notes, warnings, measures, probes } = comparison;
  const differing = probes.filter(({ differences }) => differences.length > 0);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(`${ours.name} and ${theirs.name}: ${file}`)}</title><style>${STYLE}</style></head><body>
<h1>${escape(ours.name)} and ${escape(theirs.name)}</h1>
<p><code>${escape(file)}</code>, ${escape(date.slice(0, 16).replace('T', ' '))} UTC, ${escape(machine.cpu)}, ${machine.cores} cores, ${escape(machine.kernel)}</p>
<table><tr><th>${escape(ours.name)}</th><td><code>${escape(ours.command)}</code></td></tr>
<tr><th>${escape(theirs.name)}</th><td><code>${escape(theirs.command)}</code></td></tr></table>
${warnings.map((line) => `<p class="odd">${escape(line)}</p>`).join('\n')}
<h2>Replies to the same requests</h2>
<p class="${countDifferences(comparison) === 0 ? 'good' : 'bad'}">${probes.length} requests, ${countDifferences(comparison)} whose replies differ without being meant to</p>
${differing.map((probe) => toProbe(comparison, probe)).join('\n')}
<p>Not compared: the fields ${escape(comparison.ignoredFields.join(', '))}.</p>
${measures.length === 0 ? '' : `<h2>Speed, memory, starts</h2>\n${measures.map((measure) => toPlot(comparison, measure)).join('\n')}`}
${toRounds(comparison)}
<h2>How it was measured</h2><ul>${notes.map((line) => `<li>${escape(line)}</li>`).join('')}</ul>
</body></html>
`;
}

function toProbe({ ours, theirs }: Comparison, { group, name, differences, repeat }: ProbeResult): string {
  const rows = differences.map(
    (one) =>
      `<tr><td class="${one.known === undefined ? 'bad' : 'odd'}">${escape(titleOf(one))}${one.known === undefined ? '' : `<br><small>${escape(one.known)}</small>`}</td><td><code>${escape(one.ours)}</code></td><td><code>${escape(one.theirs)}</code></td></tr>`,
  );
  return `<h3>${escape(`${group}: ${name}`)}</h3>
<table><tr><th></th><th>${escape(ours.name)}</th><th>${escape(theirs.name)}</th></tr>${rows.join('')}</table><pre>${escape(repeat)}</pre>`;
}

/** Units of a plot. */
const [WIDTH, LEFT, RIGHT, BAR] = [760, 130, 230, 18] as const;

/** Two bars, of the medians; a line shows the middle half of the rounds. */
function toPlot({ ours, theirs }: Comparison, measure: Measure): string {
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(measure.ours.high, measure.theirs.high);
  const row = (kind: 'ours' | 'theirs', name: string, top: number): string => {
    const { median, low, high } = measure[kind];
    const [end, from, to] = [median, low, high].map((value) => Math.round(value * scale));
    const verdict = kind === 'ours' ? `, ${formatTimesBetter(measure)}` : '';
    const middle = top + BAR / 2;
    return `<text x="${LEFT - 8}" y="${top + 14}" text-anchor="end">${escape(name)}</text><rect class="${kind}" x="${LEFT}" y="${top}" width="${Math.max(1, end ?? 0)}" height="${BAR}" rx="2"/>
<line class="range" x1="${LEFT + (from ?? 0)}" x2="${LEFT + (to ?? 0)}" y1="${middle}" y2="${middle}"/>
<text x="${LEFT + Math.max(end ?? 0, to ?? 0) + 8}" y="${top + 14}">${escape(formatValue(median, measure.unit) + verdict)}</text>`;
  };
  const better = measure.better === 'more' ? 'more is better' : 'less is better';
  return `<svg viewBox="0 0 ${WIDTH} 80" role="img" aria-label="${escape(measure.name)}"><text x="${LEFT}" y="16">${escape(measure.name)}<tspan class="soft"> (${better})</tspan></text>
${row('ours', ours.name, 26)}
${row('theirs', theirs.name, 50)}</svg>`;
}

/** Replies a second of each round, as dots: how much they vary. */
function toRounds({ ours, theirs }: Comparison): string {
  const all = [...ours.rounds, ...theirs.rounds].map(({ perSecond }) => perSecond);
  if (all.length === 0) return '';
  const scale = (WIDTH - LEFT - 40) / Math.max(...all);
  const dots = (kind: 'ours' | 'theirs', rounds: readonly Round[], y: number): string =>
    rounds
      .map(
        ({ perSecond }) => `<circle class="dot ${kind}" cx="${Math.round(LEFT + perSecond * scale)}" cy="${y}" r="6"/>`,
      )
      .join('');
  return `<h2>Each round</h2><svg viewBox="0 0 ${WIDTH} 90" role="img" aria-label="replies a second of each round">
<text x="${LEFT}" y="16">replies a second, from 0 to ${formatValue(Math.max(...all), 'a second')}</text>
<text x="${LEFT - 8}" y="44" text-anchor="end">${escape(ours.name)}</text>${dots('ours', ours.rounds, 40)}
<text x="${LEFT - 8}" y="74" text-anchor="end">${escape(theirs.name)}</text>${dots('theirs', theirs.rounds, 70)}</svg>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
}
