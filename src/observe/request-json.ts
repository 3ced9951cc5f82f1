import { SmallTexts } from '../util/small-texts.ts';
import type { RequestRecord } from './log.ts';
import { escapeForTerminal } from './escape-for-terminal.ts';

/** What JSON and terminals take as it is. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const STATUSES = 1000;
const THOUSAND = 1000;

/**
 * Writes the JSON line of each request, field by field, because `JSON.stringify` of a record costs as much as the rest of logging.
 *
 * Shape: `{ time, level, event, id, component, method, path, status, instance, end, bytes, durationMs, cpuMs }`, without `cpuMs` if it is not known.
 */
export class RequestJson {
  readonly #statuses = new SmallTexts(STATUSES, String);
  readonly #thousandths = new SmallTexts(THOUSAND, (value) => `${value}`.padStart(3, '0'));
  #second = NaN;
  /** The time of that second: `2026-11-21T03:04:05.`. */
  #secondText = '';

  /** The whole line of a request that ended at `timeMs`, in milliseconds since 1970. */
  of(request: RequestRecord, timeMs: number): string {
    const { id, component, method, path, status, instance, end, byteLength, durationMs, cpuMs } = request;
    const level = end === 'aborted' || status >= 500 ? 'error' : 'info';
    const head = `{"time":"${this.#time(timeMs)}","level":"${level}","event":"request","id":${quote(id)}`;
    const what = `,"component":${quote(component)},"method":${quote(method)},"path":${quote(path)}`;
    const how = `,"status":${this.#statuses.of(status)},"instance":"${instance}","end":"${end}","bytes":${byteLength}`;
    const cpu = cpuMs === undefined ? '}\n' : `,"cpuMs":${this.#milliseconds(cpuMs)}}\n`;
    return `${head}${what}${how},"durationMs":${this.#milliseconds(durationMs)}${cpu}`;
  }

  #time(ms: number): string {
    const second = Math.floor(ms / THOUSAND);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = new Date(second * THOUSAND).toISOString().slice(0, -'000Z'.length);
    }
    return `${this.#secondText}${this.#thousandths.of(Math.floor(ms) - second * THOUSAND)}Z`;
  }

  /** With three decimal places. */
  #milliseconds(ms: number): string {
    const us = Math.round(ms * THOUSAND);
    // What only a log of the caller's own makes.
    if (!Number.isSafeInteger(us) || us < 0) return JSON.stringify(us / THOUSAND);
    return `${Math.floor(us / THOUSAND)}.${this.#thousandths.of(us % THOUSAND)}`;
  }
}

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : escapeForTerminal(JSON.stringify(text));
}
