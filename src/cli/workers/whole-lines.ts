import type { Readable } from 'node:stream';
import type { Output } from '../../observe/output.ts';

/** Forwards `source` to `output` in whole lines, so that several sources can share an output without tearing each other's lines. */
export function passWholeLines(source: Readable, output: Output): void {
  let rest = '';
  source.setEncoding('utf8');
  source.on('data', (text: string) => {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) output.write(rest + text.slice(0, end));
    rest = end > 0 ? text.slice(end) : rest + text;
  });
  // A process that was killed may leave half a line.
  source.on('end', () => {
    if (rest !== '') output.write(`${rest}\n`);
  });
  source.on('error', () => undefined);
}
