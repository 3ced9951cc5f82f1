import { availableParallelism } from 'node:os';
import { HostError } from '../../util/host-error.ts';

/** A number of processes; `auto` or `max`: as many as run at the same time here. Throws `HostError` where the text is neither. */
export function parseWorkerCount(text: string): number {
  if (text === 'auto' || text === 'max') return availableParallelism();
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new HostError('bad-argument', `'${text}' is no whole number from 1, nor auto`);
}
