import { formatBytes, formatDuration } from '../../util/format.ts';
import { toPrintable, truncate } from '../../util/printable.ts';
import { backtraceFrames } from '../backtrace.ts';
import type { Log, LogEvent, NoticeLevel, RequestRecord, StallRecord } from '../log.ts';
import { type LogOutput, TO_STDERR } from '../output.ts';
import { PLAIN, type Paint, type Tone } from './paint.ts';
import { describeStall } from './describe-stall.ts';
import { formatStart } from './format-start.ts';

/** The longest path and message to show in a line. */
const MAX_PATH_LENGTH = 512;
const MAX_MESSAGE_LENGTH = 2048;

/**
 * A log for people, as lines of text; to stderr if no other `output` is given.
 *
 * @example
 * ```ts
 * import { createHost, createTextLog, loadComponent } from 'wasi-serve';
 *
 * const host = createHost(await loadComponent('app.wasm'), {}, createTextLog());
 * ```
 */
export function createTextLog(output: LogOutput = TO_STDERR, paint: Paint = PLAIN): Log {
  return (event) => output.write(formatText(event, paint, output.columns));
}

/** Formats an event as whole lines. Nothing in it that came from a client or a guest can start a line or send commands to the terminal. */
export function formatText(event: LogEvent, paint: Paint, columns?: number): string {
  if (event.at === 'start') return formatStart(event.start, paint, columns);
  if (event.at === 'request') return `${requestLine(event.request, paint)}\n`;
  if (event.at === 'request-failed') return failureLines(event, paint);
  if (event.at === 'stalled') return `${NOTICE_PREFIXES.error(paint)}${stallLine(event.stall)}\n`;
  return `${NOTICE_PREFIXES[event.level](paint)}${toPrintableLines(event.message)}\n`;
}

const NOTICE_PREFIXES: Readonly<Record<NoticeLevel, (paint: Paint) => string>> = {
  info: () => '',
  warning: (paint) => `${paint('odd', 'note:')} `,
  error: (paint) => `${paint('bad', 'error:')} `,
};

/** `GET  /path  200   1.2 kB   3.1 ms  cpu 0.4 ms  fresh  ID`, and how it ended if that was not well. */
function requestLine(request: RequestRecord, paint: Paint): string {
  const path = truncate(toPrintable(request.path), MAX_PATH_LENGTH);
  const columns = [
    toPrintable(request.method).padEnd(4),
    path.padEnd(24),
    paint(statusTone(request.status), `${request.status}`.padStart(3)),
    formatBytes(request.byteLength).padStart(8),
    formatDuration(request.durationMs).padStart(8),
    `cpu ${request.cpuMs === undefined ? '-' : formatDuration(request.cpuMs)}`.padStart(11),
    request.instance,
    paint('faint', toPrintable(request.id)),
  ];
  const end = request.end === 'complete' ? '' : ` ${paint('bad', END_WORDS[request.end])}`;
  return `${columns.join(' ')}${end}`;
}

const END_WORDS = { aborted: 'broken off', 'client-left': 'client left' } as const;

function statusTone(status: number): Tone {
  if (status >= 500) return 'bad';
  return status >= 400 ? 'odd' : 'good';
}

/** `error [ID] message`, followed by the guest's frames. */
function failureLines(failure: Extract<LogEvent, { at: 'request-failed' }>, paint: Paint): string {
  const message = truncate(toPrintable(failure.message), MAX_MESSAGE_LENGTH);
  const head = `${paint('bad', 'error')} [${toPrintable(failure.id)}] ${message}\n`;
  const frames = backtraceFrames(failure.trace ?? '');
  const lines = frames.map((frame) => `    ${truncate(toPrintable(frame), MAX_MESSAGE_LENGTH)}\n`);
  return lines.length === 0 ? head : head + paint('faint', lines.join(''));
}

/** What blocks the event loop, and for which request. */
function stallLine(stall: StallRecord): string {
  if (stall.request === undefined) return toPrintable(describeStall(stall));
  const { method, path, id = 'unknown', instance } = stall.request;
  const line = `${truncate(`${method} ${path}`, MAX_PATH_LENGTH)} (request ${id}, instance ${instance})`;
  return toPrintable(`${describeStall(stall)}; the last guest to run was handling ${line}`);
}

/** Keeps the line breaks of the host's own messages, such as lists of missing imports. Text that they quote can add only newlines. */
function toPrintableLines(message: string): string {
  return message.split('\n').map(toPrintable).join('\n');
}
