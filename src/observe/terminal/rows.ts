import type { Paint } from './paint.ts';

/** A label and what it says; a text of several lines continues in its column. */
export type Row = readonly [label: string, text: string];

/** Rows as whole lines, indented, with their texts in one column. */
export function formatRows(rows: readonly Row[], paint: Paint): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  const indent = ' '.repeat(width + 4);
  const lines = rows.map(([label, text]) => {
    return `  ${paint('faint', label.padEnd(width))}  ${text.replaceAll('\n', `\n${indent}`)}\n`;
  });
  return lines.join('');
}
