import type { Comparison, Measure, Round } from './comparison.ts';
import { escapeHtml } from './escape-html.ts';
import { formatTimesBetter, formatValue } from './format-value.ts';

/** Units of a plot. */
const [WIDTH, LEFT, RIGHT, BAR] = [760, 130, 230, 18] as const;

/** `good` and `bad` are of wasi-serve. */
export function toneOf({ isWithinNoise, timesBetter }: Measure): 'soft' | 'good' | 'bad' {
  if (isWithinNoise) return 'soft';
  return timesBetter >= 1 ? 'good' : 'bad';
}

/** Two bars, of the medians; a line with ends shows the middle half of the rounds. */
export function plotMeasure({ ours, theirs }: Comparison, measure: Measure): string {
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(measure.ours.high, measure.theirs.high);
  const row = (kind: 'ours' | 'theirs', name: string, top: number): string => {
    const { median, low, high } = measure[kind];
    const [width, from, to] = [median, low, high].map((value) => Math.round(value * scale)) as [number, number, number];
    const verdict =
      kind === 'ours' ? ` <tspan class="${toneOf(measure)}">${escapeHtml(formatTimesBetter(measure))}</tspan>` : '';
    return `<text x="${LEFT - 8}" y="${top + 14}" text-anchor="end">${escapeHtml(name)}</text><rect class="${kind}" x="${LEFT}" y="${top}" width="${Math.max(1, width)}" height="${BAR}" rx="2"/>
${low === high ? '' : plotRange(LEFT + from, LEFT + to, top + BAR / 2)}
<text x="${LEFT + Math.max(width, to) + 8}" y="${top + 14}">${escapeHtml(formatValue(median, measure.unit))}${verdict}</text>`;
  };
  const better = measure.better === 'more' ? 'more is better' : 'less is better';
  return `<svg viewBox="0 0 ${WIDTH} 84" role="img" aria-label="${escapeHtml(measure.name)}"><text class="title" x="${LEFT}" y="16">${escapeHtml(measure.name)}<tspan class="soft" font-weight="400"> (${better})</tspan></text>
${row('ours', ours.name, 26)}
${row('theirs', theirs.name, 50)}</svg>`;
}

function plotRange(from: number, to: number, y: number): string {
  return `<path class="range" fill="none" d="M${from} ${y - 4}v8M${from} ${y}H${to}M${to} ${y - 4}v8"/>`;
}

/** Replies a second of each round, as dots: how much they vary. */
export function plotRounds({ ours, theirs }: Comparison): string {
  const all = [...ours.rounds, ...theirs.rounds].map(({ perSecond }) => perSecond);
  const most = Math.max(...all);
  const right = WIDTH - 40;
  const scale = (right - LEFT) / most;
  const dots = (kind: 'ours' | 'theirs', name: string, rounds: readonly Round[], y: number): string => {
    const circles = rounds.map(
      ({ perSecond }) => `<circle class="dot ${kind}" cx="${Math.round(LEFT + perSecond * scale)}" cy="${y}" r="6"/>`,
    );
    return `<text x="${LEFT - 14}" y="${y + 4}" text-anchor="end">${escapeHtml(name)}</text><path class="axis" d="M${LEFT} ${y}H${right}"/>${circles.join('')}`;
  };
  return `<svg viewBox="0 0 ${WIDTH} 104" role="img" aria-label="replies a second of each round">
<text class="title" x="${LEFT}" y="16">replies a second of each round</text>
${dots('ours', ours.name, ours.rounds, 40)}
${dots('theirs', theirs.name, theirs.rounds, 68)}
<text class="soft" x="${LEFT}" y="96" text-anchor="middle">0</text><text class="soft" x="${right}" y="96" text-anchor="middle">${escapeHtml(formatValue(most, 'a second'))}</text></svg>`;
}
