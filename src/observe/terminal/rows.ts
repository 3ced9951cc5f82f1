import type { Paint } from './paint.ts';

/** A label and its text; further lines of the text are aligned in the same column. */
export type Row = readonly [label: string, text: string];

/** Formats rows as whole, indented lines, with the texts in one column. */
export function formatRows(rows: readonly Row[], paint: Paint): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  const indent = ' '.repeat(width + 4);
  const lines = rows.map(([label, text]) => {
    return `  ${paint('faint', label.padEnd(width))}  ${text.replaceAll('\n', `\n${indent}`)}\n`;
  });
  return lines.join('');
}
