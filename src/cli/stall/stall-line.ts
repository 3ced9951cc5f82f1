import { formatJson } from '../../observe/json-log.ts';
import type { LogEvent } from '../../observe/log.ts';
import { COLOURED, PLAIN } from '../../observe/terminal/paint.ts';
import { formatText } from '../../observe/terminal/text-log.ts';
import type { CommandConfig } from '../../config/command-options.ts';
import type { Begin } from '../workers/messages.ts';

/** Formats an event as the log would. */
export function formatStallLine(event: LogEvent, format: CommandConfig['logFormat'], colour: Begin['colour']): string {
  return format === 'json' ? formatJson(event, Date.now()) : formatText(event, colour === 'on' ? COLOURED : PLAIN);
}
