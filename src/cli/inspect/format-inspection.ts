import type { CoreModuleFacts } from '../../component/core-modules.ts';
import type { Paint } from '../../observe/terminal/paint.ts';
import { hintFor } from '../../linker/plan/resolve.ts';
import { type Row, formatRows } from '../../observe/terminal/rows.ts';
import { formatChoice } from '../../observe/terminal/format-start.ts';
import { formatBytes } from '../../util/format.ts';
import { toPrintable } from '../../util/printable.ts';
import type { InspectedImport, Inspection, Servability } from './inspection.ts';

/** The output of `inspect` for people. Names from the component are escaped: they cannot send commands to the terminal. */
export function formatInspection(inspection: Inspection, paint: Paint, columns?: number): string {
  const { file, byteLength, digest, world, imports, exports, coreModules, verdict } = inspection;
  const rows: Row[] = [
    ['file', `${toPrintable(file)} (${formatBytes(byteLength)})`],
    ['digest', digest],
    ['world', toPrintable(world.name)],
    ['exports', exports.length === 0 ? 'nothing' : exports.map(toPrintable).join('\n')],
    ['imports', imports.length === 0 ? 'nothing' : formatImports(imports, paint)],
    ['modules', coreModules.length === 0 ? 'none' : formatModules(coreModules)],
    ...verdictRows(verdict, paint),
  ];
  return formatRows(rows, paint, columns);
}

function formatImports(imports: readonly InspectedImport[], paint: Paint): string {
  const width = Math.max(...imports.map(({ name }) => toPrintable(name).length));
  const lines = imports.map((entry) => `${toPrintable(entry.name).padEnd(width)}  ${formatServed(entry, paint)}`);
  return lines.join('\n');
}

function formatServed({ name, servedBy, nearest }: InspectedImport, paint: Paint): string {
  if (servedBy !== null) return paint('good', 'served');
  const hint = hintFor(name, nearest);
  return `${paint('bad', 'missing')}${hint}`;
}

function formatModules(modules: readonly CoreModuleFacts[]): string {
  const sizes = modules.map(({ byteLength }) => formatBytes(byteLength));
  const width = Math.max(...sizes.map((size) => size.length));
  const lines = modules.map(({ name, producers }, index) => {
    const makers = producers.length === 0 ? '' : `  ${producers.join(', ')}`;
    return `${`${sizes[index]}`.padStart(width)}  ${toPrintable(`${name ?? '(no name)'}${makers}`)}`;
  });
  return lines.join('\n');
}

function verdictRows(verdict: Servability, paint: Paint): Row[] {
  if (!verdict.servable) return [['servable', `${paint('bad', 'no')}: ${toPrintable(verdict.reasons.join('; '))}`]];
  return [
    ['servable', paint('good', 'yes')],
    ['engine', formatChoice(verdict.engine)],
    ['isolation', formatChoice(verdict.isolation)],
    ['preemption', formatChoice(verdict.preemption)],
  ];
}
