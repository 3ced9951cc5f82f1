import { formatBytes, formatTimeout } from '../../util/format.ts';
import { toPrintable } from '../../util/printable.ts';
import type { ChoiceMade, StartLimits, StartRecord } from '../log.ts';
import type { Paint } from './paint.ts';
import { type Row, formatRows } from './rows.ts';

/** Describes what is served, with which limits, and how to call it. The first lines, one for each address, are those that tools wait for. */
export function formatStart(start: StartRecord, paint: Paint, columns?: number): string {
  const { origins, component, byteLength, world, imports, engine, isolation, preemption, limits, workerPids } = start;
  const rows = formatRows(
    [
      ['component', `${toPrintable(component)} (${formatBytes(byteLength)})`],
      ['world', toPrintable(world)],
      ['imports', toPrintable(summariseImports(imports))],
      ['engine', formatChoice(engine)],
      ['isolation', formatChoice(isolation)],
      ['preemption', formatChoice(preemption)],
      ...workerRows(workerPids),
      ['limits', `${workerPids === undefined ? '' : 'in each worker: '}${formatLimits(limits)}`],
      ...adminRows(start.adminOrigin),
      ['try', paint('strong', `curl -i ${toCallable(origins[0] ?? '')}/`)],
    ],
    paint,
    columns,
  );
  return `${origins.map((origin) => `Serving HTTP on ${origin}/\n`).join('')}${rows}`;
}

function workerRows(pids: readonly number[] | undefined): Row[] {
  return pids === undefined
    ? []
    : [['workers', `${pids.length}: ${pids.length === 1 ? 'process' : 'processes'} ${pids.join(', ')}`]];
}

function adminRows(origin: string | undefined): Row[] {
  return origin === undefined ? [] : [['admin', `${origin}/healthz, /readyz and /metrics`]];
}

/** An origin that a client on this machine can call: the loopback address if the host listens on all addresses. */
function toCallable(origin: string): string {
  return origin.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

/** `jco: why`. */
export function formatChoice({ name, reason }: ChoiceMade): string {
  return `${name}: ${reason}`;
}

/** The packages, with the number of interfaces imported from each: `wasi:cli (3), wasi:http (1)`. */
function summariseImports(imports: readonly string[]): string {
  if (imports.length === 0) return 'none';
  const byPackage = Map.groupBy(imports, (name) => name.split('/')[0] ?? name);
  return Array.from(byPackage, ([name, members]) => `${name} (${members.length})`).join(', ');
}

function formatLimits({ timeoutMs, maxConcurrentRequests, maxQueuedRequests, others }: StartLimits): string {
  const timeout = timeoutMs === 0 ? 'no timeout' : `${formatTimeout(timeoutMs)} per request`;
  const usual = `${timeout}, ${maxConcurrentRequests} concurrent requests, ${maxQueuedRequests} more queued`;
  return others.length === 0 ? usual : `${usual}\n${others.join(' ')}`;
}
