import { fileURLToPath } from 'node:url';
import { runOwnLoad } from '../../../src/compare/load/measure-load.ts';
import type { Site } from '../../../src/compare/machine/site.ts';
import type { GuestRequest } from '../servers/guests.ts';
import type { LoadGenerator } from './load.ts';

const RAMP_SECONDS = 0.5;

/** That of `wasi-serve compare`, in a process of its own so that it has its core for itself. */
export function createOwn(site: Site): LoadGenerator {
  const script = fileURLToPath(import.meta.resolve('./own-run.ts'));
  return {
    note: 'our own (JavaScript: its own core limits what it can measure of fast servers; wrk is used where it is installed)',
    run: ({ url, request, connections, seconds }) => {
      const { hostname, port } = new URL(url);
      const requests = [{ method: request.method, text: toText(request), status: undefined }];
      const job = { hostname, port: Number(port), requests, connections, seconds, rampSeconds: RAMP_SECONDS };
      return runOwnLoad(site, { file: process.execPath, args: [script] }, job);
    },
  };
}

function toText({ method, path, body }: GuestRequest): string {
  const head = [`${method} ${path} HTTP/1.1`, 'Host: localhost'];
  if (body === undefined) return [...head, '', ''].join('\r\n');
  const bytes = Buffer.from(body).toString('latin1');
  return [...head, 'Content-Type: text/plain', `Content-Length: ${bytes.length}`, '', bytes].join('\r\n');
}
