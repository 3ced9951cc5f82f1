import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { encodeProfile } from '../observe/profile/encode-profile.ts';
import type { CpuProfile } from '../observe/profile/profile-tree.ts';

export const PROFILE_PATH = '/debug/profile';

/** As in Go's pprof. */
const DEFAULT_SECONDS = 30;
const MAX_SECONDS = 300;

/** Makes a profile of so many milliseconds; `busy` while another is made, `undefined` if there is none, or `signal` comes first. */
export type MakeProfile = (ms: number, signal: AbortSignal) => Promise<CpuProfile | 'busy' | undefined>;

/** Answers `GET /debug/profile?seconds=N` with a profile, when it is made. It ends if its client leaves. Rejects if the reply cannot be sent. */
export async function answerProfile(
  makeProfile: MakeProfile,
  { url = '' }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const seconds = toSeconds(new URL(url, 'http://localhost').searchParams.get('seconds'));
  if (seconds === undefined) {
    refuse(response, 400, `seconds has to be a whole number from 1 to ${MAX_SECONDS}`);
    return;
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const profile = await makeProfile(seconds * 1000, gone.signal);
  if (gone.signal.aborted) return;
  if (profile === 'busy') refuse(response, 409, 'another profile is being made');
  else if (profile === undefined) refuse(response, 503, 'no process has made a profile');
  else await send(profile, response);
}

function toSeconds(text: string | null): number | undefined {
  if (text === null) return DEFAULT_SECONDS;
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return seconds >= 1 && seconds <= MAX_SECONDS ? seconds : undefined;
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${text}\n`);
}

async function send(profile: CpuProfile, response: ServerResponse): Promise<void> {
  const name = `wasi-serve-${new Date().toISOString().replace(/[:.]/g, '-')}.cpuprofile`;
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-disposition': `attachment; filename="${name}"`,
    'cache-control': 'no-store',
  });
  await pipeline(Readable.from(encodeProfile(profile)), response);
}
