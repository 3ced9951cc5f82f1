import { readFileSync } from 'node:fs';
import { HostError } from '../../util/host-error.ts';
import { parseCurl } from './curl.ts';
import { parseHar } from './har.ts';
import { type PlainRequest, type Probe, toProbe } from './probe.ts';

/** The requests of a file: a HAR, or lines of curl. Empty lines and those that begin with `#` are left out. Throws `HostError`. */
export function readRequests(file: string, host: string): Probe[] {
  const requests = parseRequests(file, readText(file), host);
  if (requests.length === 0) throw refused(file, 'there are no requests in it');
  const digits = `${requests.length}`.length;
  return requests.map((request, index) => {
    const number = `${index + 1}`.padStart(digits);
    return toProbe('requests', `${number}: ${request.method} ${request.target.slice(0, 60)}`, request);
  });
}

function parseRequests(file: string, text: string, host: string): PlainRequest[] {
  if (/^\s*\{/.test(text)) {
    const requests = parseHar(text, host);
    if (requests.tag === 'err') throw refused(file, requests.val);
    return requests.val;
  }
  const requests: PlainRequest[] = [];
  for (const { line, number } of joinLines(text)) {
    const request = parseCurl(line, host);
    if (request.tag === 'err') throw refused(`${file}:${number}`, request.val);
    requests.push(request.val);
  }
  return requests;
}

/** Commands with the numbers of their first lines; a backslash at the end goes on in the next line. */
function joinLines(text: string): { readonly line: string; readonly number: number }[] {
  const joined: { line: string; number: number; goesOn: boolean }[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const last = joined.at(-1);
    const goesOn = line.endsWith('\\');
    if (last?.goesOn === true) {
      last.line += `\n${line}`;
      last.goesOn = goesOn;
    } else if (line.trim() !== '' && !line.trimStart().startsWith('#'))
      joined.push({ line, number: index + 1, goesOn });
  }
  return joined;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw refused(file, error instanceof Error ? error.message : String(error));
  }
}

function refused(where: string, why: string): HostError {
  return new HostError('bad-argument', `--requests ${where}: ${why}`);
}
