import { backtraceFrames } from './backtrace.ts';
import { escapeForTerminal } from './escape-for-terminal.ts';
import type { Log, LogEvent } from './log.ts';
import { type LogOutput, TO_STDERR } from './output.ts';
import { RequestJson } from './request-json.ts';
import { describeStall } from './terminal/describe-stall.ts';

/**
 * A log for programs: one JSON object per line; to stderr if no other `output` is given. `now` returns the time of an event in milliseconds since 1970.
 *
 * @example
 * ```ts
 * import { createHost, createJsonLog, loadComponent } from 'wasi-serve';
 *
 * const lines: string[] = [];
 * const host = createHost(await loadComponent('app.wasm'), {}, createJsonLog({ write: (line) => void lines.push(line) }));
 * ```
 */
export function createJsonLog(output: LogOutput = TO_STDERR, now: () => number = Date.now): Log {
  const requestJson = new RequestJson();
  return (event) => {
    output.write(event.at === 'request' ? requestJson.of(event.request, now()) : formatJson(event, now()));
  };
}

/** Formats an event as one line. Shape: `{ time, level, event, … }`; the `message` of a start is the text that tools wait for. */
export function formatJson(event: LogEvent, timeMs: number): string {
  if (event.at === 'request') return new RequestJson().of(event.request, timeMs);
  return toLine({ time: new Date(timeMs).toISOString(), ...toRecord(event) });
}

/** Formats whole lines of a guest's output as one object each. If lines have a prefix, it contains the instance's number. */
export function formatGuestOutput(stream: 'stdout' | 'stderr', lines: string, timeMs: number): string {
  const time = new Date(timeMs).toISOString();
  return lines
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => toLine({ time, ...toOutputRecord(stream, line) }))
    .join('');
}

type JsonRecord = Readonly<Record<string, unknown>>;

function toRecord(event: Exclude<LogEvent, { at: 'request' }>): JsonRecord {
  if (event.at === 'start') {
    const { origins } = event.start;
    const message = `Serving HTTP on ${origins.map((origin) => `${origin}/`).join(' and ')}`;
    return { level: 'info', event: 'start', message, origin: origins[0], ...event.start };
  }
  if (event.at === 'request-failed') {
    const { id, component, blame, message, limit, trace } = event;
    const frames = backtraceFrames(trace ?? '');
    return { level: 'error', event: 'request-failed', id, component, blame, message, limit, trace: frames };
  }
  if (event.at === 'stalled') {
    const { request, stalledMs, ...stall } = event.stall;
    const message = describeStall(event.stall);
    return { level: 'error', event: 'stalled', ...request, ...stall, stalledMs: toMicroseconds(stalledMs), message };
  }
  return { level: event.level, event: 'notice', message: event.message.trim() };
}

/** Rounds milliseconds to three decimal places. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function toOutputRecord(stream: 'stdout' | 'stderr', line: string): JsonRecord {
  const prefixed = /^(?:stdout|stderr) \[(\d+)\] :: /.exec(line);
  const instance = prefixed === null ? {} : { instance: Number(prefixed[1]) };
  return { level: 'info', event: 'guest-output', stream, ...instance, line: line.slice(prefixed?.[0].length ?? 0) };
}

function toLine(record: JsonRecord): string {
  return `${escapeForTerminal(JSON.stringify(record))}\n`;
}
