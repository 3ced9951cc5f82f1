import { EXIT, type ExitCode } from '../exit-code.ts';
import { formatInspection } from './format-inspection.ts';
import { inspectComponent } from './inspection.ts';
import type { Terminal } from '../terminal.ts';

/** Describes a component on stdout, whether or not it can be served. Throws `HostError` if the file is not a component. */
export async function inspect(file: string, format: 'text' | 'json', terminal: Terminal): Promise<ExitCode> {
  const inspection = await inspectComponent(file);
  const text =
    format === 'json'
      ? `${JSON.stringify(inspection, undefined, 2)}\n`
      : formatInspection(inspection, terminal.paintStdout, terminal.stdout.columns);
  terminal.stdout.write(text);
  return inspection.verdict.servable ? EXIT.done : EXIT.failed;
}
