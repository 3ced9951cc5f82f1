import { formatDuration } from '../../util/format.ts';
import type { StallRecord } from '../log.ts';

/** Why the process is ending, without the request. */
export function describeStall({ phase, component, stalledMs }: StallRecord): string {
  const forMs = formatDuration(stalledMs);
  if (phase === 'finishing') {
    return `process ${process.pid} is ending: it was told to finish ${forMs} ago (--drain-timeout), but something in ${component} blocks its event loop`;
  }
  const cause = phase === 'starting' ? `the loading of ${component}` : `a guest of ${component}`;
  return `process ${process.pid} is ending: its event loop has been blocked for ${forMs} (--stall-timeout) by ${cause}`;
}
