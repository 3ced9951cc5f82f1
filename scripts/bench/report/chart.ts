import { formatCount, formatRatio } from './format.ts';
import { OURS, PEER } from '../servers/contenders.ts';
import { connectionsOf, findRow, perSecondOf } from './load-report.ts';
import type { Report } from './report.ts';
import { headlineOf } from './results.ts';

/** Replies a second of one guest. */
interface Pair {
  readonly guest: string;
  readonly ours: number;
  readonly peer: number;
}

/** Units of the picture. */
const [WIDTH, ROW, TOP, LEFT, BAR] = [760, 46, 52, 130, 15];
/** Room for the numbers behind the longest bar. */
const RIGHT = 170;

/** The guests for which both servers have numbers, in the order of the run. */
function toPairs({ rows }: Pick<Report, 'rows'>): Pair[] {
  const guests = [...new Set(rows.map(({ guest }) => guest))];
  const connections = headlineOf(connectionsOf(rows));
  const pairs = guests.map((guest) => ({
    guest,
    ours: perSecondOf(findRow(rows, { guest }, OURS), connections),
    peer: perSecondOf(findRow(rows, { guest }, PEER), connections),
  }));
  return pairs.filter(({ ours, peer }) => ours > 0 && peer > 0);
}

/** An SVG of replies a second, each guest's as multiples of what wasmtime answers. Readable on light and dark ground. */
export function toChart(report: Pick<Report, 'date' | 'rows'>): string {
  const pairs = toPairs(report);
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(...pairs.map(({ ours, peer }) => Math.max(ours / peer, 1)));
  const height = TOP + pairs.length * ROW + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Replies a second, beside wasmtime serve">
<style>
text { font: 13px system-ui, sans-serif; fill: #57606a }
.ours { fill: #2f81f7 } .peer { fill: #8b949e } .strong { font-weight: 600 }
@media (prefers-color-scheme: dark) { text { fill: #c9d1d9 } }
</style>
<text x="${LEFT}" y="18" class="strong">Replies a second on one core, ${headlineOf(connectionsOf(report.rows))} connections (${report.date.slice(0, 10)})</text>
<rect class="ours" x="${LEFT}" y="28" width="11" height="11"/><text x="${LEFT + 17}" y="38">wasi-serve</text>
<rect class="peer" x="${LEFT + 110}" y="28" width="11" height="11"/><text x="${LEFT + 127}" y="38">wasmtime serve</text>
${pairs.map((pair, index) => toRow(pair, TOP + index * ROW, scale)).join('\n')}
</svg>
`;
}

function toRow({ guest, ours, peer }: Pair, top: number, scale: number): string {
  const ratio = ours / peer;
  return [
    `<text x="${LEFT - 10}" y="${top + BAR + 5}" text-anchor="end">${guest}</text>`,
    toBar('ours', top, ratio * scale, `${formatCount(ours)} (${formatRatio(ratio)} times)`),
    toBar('peer', top + BAR + 2, scale, formatCount(peer)),
  ].join('\n');
}

function toBar(kind: string, top: number, width: number, label: string): string {
  const length = Math.round(width);
  return `<rect class="${kind}" x="${LEFT}" y="${top}" width="${length}" height="${BAR}"/><text x="${LEFT + length + 6}" y="${top + 12}">${label}</text>`;
}
