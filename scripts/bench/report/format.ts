/** What a table shows where there is no number. */
export const NONE = '—';

/** `12,345` */
export const formatCount = (value: number): string => shown(value, () => Math.round(value).toLocaleString('en-US'));

/** `0.42 ms`, `12 ms`, `1,234 ms` */
export const formatMs = (ms: number): string => shown(ms, () => `${ms < 10 ? ms.toFixed(2) : formatCount(ms)} ms`);

/** `12.3`, `1.23`, `0.0123`, against a reference that is 1 */
export const formatRatio = (ratio: number): string => shown(ratio, () => ratio.toFixed(decimalsOf(ratio)));

/** `12 %` */
export const formatPercent = (part: number): string => shown(part, () => `${Math.round(part * 100)} %`);

/** `45 MB`, of 1,000,000 bytes. */
export const formatBytes = (bytes: number | undefined): string =>
  shown(bytes ?? Number.NaN, (known) => `${formatCount(known / 1e6)} MB`);

/** A Markdown table, without the columns that have nothing in any row. The first `names` columns are text. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[], names = 2): string {
  const columns = head.map((_, column) => column).filter((column) => rows.some((row) => !isEmpty(row[column])));
  const pick = (cells: readonly string[]): string[] => columns.map((column) => cells[column] ?? NONE);
  const rule = `|${columns.map((column) => (column < names ? '---|' : '---:|')).join('')}`;
  return [formatLine(pick(head)), rule, ...rows.map((row) => formatLine(pick(row)))].join('\n');
}

const isEmpty = (cell: string | undefined): boolean => cell === undefined || cell === NONE;

/** Such that three digits count. */
const decimalsOf = (ratio: number): number => Math.min(4, Math.max(0, 2 - Math.floor(Math.log10(ratio))));

const shown = (value: number, format: (value: number) => string): string =>
  Number.isFinite(value) ? format(value) : NONE;

const formatLine = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;

const escapeCell = (cell: string): string => cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
