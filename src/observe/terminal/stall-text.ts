import { formatDuration } from '../../util/format.ts';
import type { StallRecord } from '../log.ts';

/** Why the process ends, without the request. */
export function describeStall({ phase, component, stalledMs }: StallRecord): string {
  const forMs = formatDuration(stalledMs);
  if (phase === 'finishing') {
    return `process ${process.pid} ends: it was to finish ${forMs} ago (--drain-timeout), and something in ${component} holds its thread`;
  }
  const doing = phase === 'starting' ? `${component} is being prepared` : `a guest of ${component} holds the thread`;
  return `process ${process.pid} ends: its event loop has stood still for ${forMs} (--stall-timeout) while ${doing}`;
}
