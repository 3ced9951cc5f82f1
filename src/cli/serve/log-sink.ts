import type { ServeOptions } from '../../config/options.ts';
import { createJsonLog, formatGuestOutput, formatJson } from '../../observe/json-log.ts';
import type { Log, LogEvent } from '../../observe/log.ts';
import type { LogOutput } from '../../observe/output.ts';
import { COLOURED, PLAIN } from '../../observe/terminal/paint.ts';
import { createTextLog, formatText } from '../../observe/terminal/text-log.ts';
import type { CommandConfig } from '../../config/command-options.ts';
import type { Terminal } from '../terminal.ts';

/** The outputs for a serving host's events and for its guests' output. */
export interface LogSink {
  readonly log: Log;
  /** Formats an event as `log` does, to be written by other means. */
  readonly format: (event: LogEvent) => string;
  readonly writeGuestOutput: NonNullable<ServeOptions['writeGuestOutput']>;
  /** A log of the same format that writes elsewhere. */
  readonly logTo: (output: LogOutput) => Log;
  /** Whether its lines contain the time. */
  readonly lines: 'timed' | 'untimed';
  /** Whether somebody watches who wants to know that it takes long: programs that start a server wait for the lines that say where it serves. */
  readonly progress: 'shown' | 'hidden';
  readonly stdout: LogOutput;
}

/** Writes events to stderr, and guests' output to the stream that they wrote to. */
export function createLogSink(format: CommandConfig['logFormat'], terminal: Terminal): LogSink {
  return format === 'json' ? createJsonSink(terminal) : createTextSink(terminal);
}

function createTextSink(terminal: Terminal): LogSink {
  const { stderr, paintStderr } = terminal;
  return {
    log: createTextLog(stderr, paintStderr),
    format: (event) => formatText(event, paintStderr),
    writeGuestOutput: (stream, lines) => terminal[stream].write(lines),
    logTo: (output) => createTextLog(output, output === terminal.stdout ? terminal.paintStdout : PLAIN),
    lines: 'untimed',
    progress: colourOf(terminal) === 'on' ? 'shown' : 'hidden',
    stdout: terminal.stdout,
  };
}

function createJsonSink(terminal: Terminal): LogSink {
  return {
    log: createJsonLog(terminal.stderr),
    format: (event) => formatJson(event, Date.now()),
    writeGuestOutput: (stream, lines) => terminal[stream].write(formatGuestOutput(stream, lines, Date.now())),
    logTo: createJsonLog,
    lines: 'timed',
    progress: 'shown',
    stdout: terminal.stdout,
  };
}

/** Whether stderr has colours, for another process or thread that writes to it. */
export function colourOf({ paintStderr }: Terminal): 'on' | 'off' {
  return paintStderr === COLOURED ? 'on' : 'off';
}
