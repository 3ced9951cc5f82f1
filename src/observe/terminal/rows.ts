import { stripVTControlCharacters } from 'node:util';
import type { Paint } from './paint.ts';

/** A label and its text; further lines of the text are aligned in the same column. */
export type Row = readonly [label: string, text: string];

/** In a narrower column, wrapped texts are harder to read than lines that the terminal breaks. */
const MIN_TEXT_COLUMNS = 24;

/** Formats rows as whole, indented lines, with the texts in one column, wrapped to the width of the terminal if it is given. */
export function formatRows(rows: readonly Row[], paint: Paint, columns = Infinity): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  const indent = ' '.repeat(width + 4);
  const lines = rows.map(([label, text]) => {
    const wrapped = text.split('\n').flatMap((line) => wrap(line, columns - indent.length));
    return `  ${paint('faint', label.padEnd(width))}  ${wrapped.join(`\n${indent}`)}\n`;
  });
  return lines.join('');
}

/** Breaks a line at spaces so that no part is longer than `columns`, except for single words. */
function wrap(line: string, columns: number): string[] {
  if (columns < MIN_TEXT_COLUMNS || visibleLength(line) <= columns) return [line];
  const parts: string[] = [];
  for (const word of line.split(' ')) {
    const last = parts.at(-1);
    if (last !== undefined && visibleLength(last) + 1 + visibleLength(word) <= columns)
      parts[parts.length - 1] = `${last} ${word}`;
    else parts.push(word);
  }
  return parts;
}

/** The width of a text on a terminal. */
function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
