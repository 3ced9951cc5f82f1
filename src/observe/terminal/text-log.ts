import { toPrintable, truncate } from '../../util/printable.ts';
import { backtraceFrames } from '../backtrace.ts';
import type { Log, LogEvent, NoticeLevel, StallRecord } from '../log.ts';
import { type LogOutput, TO_STDERR } from '../output.ts';
import { PLAIN, type Paint } from './paint.ts';
import { describeStall } from './describe-stall.ts';
import { formatStart } from './format-start.ts';
import { MAX_PATH_LENGTH, RequestLine } from './request-line.ts';

/** The longest message to show in a line. */
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
  const requestLine = new RequestLine(paint);
  return (event) => {
    const text = event.at === 'request' ? requestLine.of(event.request) : formatText(event, paint, output.columns);
    output.write(text);
  };
}

/** Formats an event as whole lines. Nothing in it that came from a client or a guest can start a line or send commands to the terminal. */
export function formatText(event: LogEvent, paint: Paint, columns?: number): string {
  if (event.at === 'start') return formatStart(event.start, paint, columns);
  if (event.at === 'request') return new RequestLine(paint).of(event.request);
  if (event.at === 'request-failed') return failureLines(event, paint);
  if (event.at === 'stalled') return `${NOTICE_PREFIXES.error(paint)}${stallLine(event.stall)}\n`;
  return `${NOTICE_PREFIXES[event.level](paint)}${toPrintableLines(event.message)}\n`;
}

const NOTICE_PREFIXES: Readonly<Record<NoticeLevel, (paint: Paint) => string>> = {
  info: () => '',
  warning: (paint) => `${paint('odd', 'note:')} `,
  error: (paint) => `${paint('bad', 'error:')} `,
};

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
