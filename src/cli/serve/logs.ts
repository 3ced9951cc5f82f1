import type { ServeOptions } from '../../config/options.ts';
import { createJsonLog, formatGuestOutput, formatJson } from '../../observe/json-log.ts';
import type { Log, LogEvent } from '../../observe/log.ts';
import { COLOURED } from '../../observe/terminal/paint.ts';
import { createTextLog, formatText } from '../../observe/terminal/text-log.ts';
import type { CommandConfig } from '../../config/command-options.ts';
import type { Terminal } from '../terminal.ts';

/** Where a serving host's words and its guests' go. */
export interface Voice {
  readonly log: Log;
  /** The event as `log` writes it, for whoever writes it by other means. */
  readonly format: (event: LogEvent) => string;
  readonly writeGuestOutput: NonNullable<ServeOptions['writeGuestOutput']>;
}

/** Events go to stderr; a guest's output to the stream that it wrote to. */
export function createVoice(format: CommandConfig['logFormat'], terminal: Terminal): Voice {
  return format === 'json' ? createJsonVoice(terminal) : createTextVoice(terminal);
}

function createTextVoice(terminal: Terminal): Voice {
  const { stderr, paintStderr } = terminal;
  return {
    log: createTextLog(stderr, paintStderr),
    format: (event) => formatText(event, paintStderr),
    writeGuestOutput: (stream, lines) => terminal[stream].write(lines),
  };
}

function createJsonVoice(terminal: Terminal): Voice {
  return {
    log: createJsonLog(terminal.stderr),
    format: (event) => formatJson(event, Date.now()),
    writeGuestOutput: (stream, lines) => terminal[stream].write(formatGuestOutput(stream, lines, Date.now())),
  };
}

/** Whether what goes to stderr has colours, for a process or thread that writes it too. */
export function colourOf({ paintStderr }: Terminal): 'on' | 'off' {
  return paintStderr === COLOURED ? 'on' : 'off';
}

/** The voice's log; `off`: without the lines for requests. */
export function accessLogOf({ log }: Voice, accessLog: 'on' | 'off'): Log {
  if (accessLog === 'on') return log;
  return (event) => {
    if (event.at !== 'request') log(event);
  };
}
