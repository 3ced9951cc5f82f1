import { formatBytes, formatDuration } from '../../util/format.ts';
import { toPrintable, truncate } from '../../util/printable.ts';
import { SmallTexts } from '../../util/small-texts.ts';
import type { RequestRecord } from '../log.ts';
import type { Paint, Tone } from './paint.ts';

/** The longest path to show. */
export const MAX_PATH_LENGTH = 512;

/** Durations are shown in tenths of a millisecond below 99.95 ms, sizes in bytes below 1000. */
const TENTHS = 1000;
const TENTHS_BELOW_MS = 99.95;
const BYTES = 1000;
const STATUSES = 1000;

const END_WORDS = { aborted: 'broken off', 'client-left': 'client left' } as const;

/**
 * Writes the line of each request, which is most of what logging it costs: so columns of numbers are not formatted again each time.
 *
 * Shape: `GET  /path  200   1.2 kB   3.1 ms  cpu 0.4 ms  fresh  ID`, and how it ended if that was not well.
 */
export class RequestLine {
  readonly #paint: Paint;
  readonly #statuses: SmallTexts;
  readonly #sizes = new SmallTexts(BYTES, (byteLength) => ` ${formatBytes(byteLength).padStart(8)} `);
  readonly #durations = new SmallTexts(TENTHS, (tenths) => durationColumn(tenths / 10));
  readonly #cpuTimes = new SmallTexts(TENTHS, (tenths) => cpuColumn(formatDuration(tenths / 10)));

  constructor(paint: Paint) {
    this.#paint = paint;
    this.#statuses = new SmallTexts(STATUSES, (status) => ` ${paint(toneOf(status), `${status}`.padStart(3))}`);
  }

  /** The whole line of a request. */
  of({ method, path, status, byteLength, durationMs, cpuMs, instance, id, end }: RequestRecord): string {
    const what = `${toPrintable(method).padEnd(4)} ${truncate(toPrintable(path), MAX_PATH_LENGTH).padEnd(24)}`;
    const times = this.#duration(durationMs) + this.#cpuTime(cpuMs);
    const paintedId = this.#paint('faint', toPrintable(id));
    const how = end === 'complete' ? '\n' : ` ${this.#paint('bad', END_WORDS[end])}\n`;
    return `${what}${this.#statuses.of(status)}${this.#sizes.of(byteLength)}${times}${instance} ${paintedId}${how}`;
  }

  #duration(ms: number): string {
    return ms < TENTHS_BELOW_MS ? this.#durations.of(toTenths(ms)) : durationColumn(ms);
  }

  #cpuTime(ms: number | undefined): string {
    if (ms === undefined) return NO_CPU_TIME;
    return ms < TENTHS_BELOW_MS ? this.#cpuTimes.of(toTenths(ms)) : cpuColumn(formatDuration(ms));
  }
}

const NO_CPU_TIME = cpuColumn('-');

function durationColumn(ms: number): string {
  return `${formatDuration(ms).padStart(8)} `;
}

function cpuColumn(time: string): string {
  return `${`cpu ${time}`.padStart(11)} `;
}

function toTenths(ms: number): number {
  return Math.round(ms * 10);
}

function toneOf(status: number): Tone {
  if (status >= 500) return 'bad';
  return status >= 400 ? 'odd' : 'good';
}
