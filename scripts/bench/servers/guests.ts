import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** The request that a measurement repeats. */
export interface GuestRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Sent as text/plain. */
  readonly body?: string;
}

/** A component to measure with, the request it gets and the body that a right reply has. */
export interface Guest {
  readonly name: string;
  readonly file: string;
  readonly request: GuestRequest;
  readonly reply: string;
  /** A start, roughly, over all contenders; for the time shown. */
  readonly startSeconds: number;
}

const RUST_HELLO = 'Hello from wasi-serve!\n';
const ECHO_BODY = 'sixty-four bytes of text that come back exactly as they went in\n';

/** The one that costs least itself: of it, what the host costs shows most. */
export const HELLO: Guest = getter('hello', RUST_HELLO, 1);

/** What `--guests` may name, and in which order they run. */
export const GUESTS: readonly Guest[] = [
  HELLO,
  getter('hello-wstd', RUST_HELLO, 1),
  getter('hello-axum', RUST_HELLO, 1),
  { ...getter('echo', ECHO_BODY, 1), request: { method: 'POST', path: '/', body: ECHO_BODY } },
  getter('js-fetch-event', 'Hello from StarlingMonkey!\n', 4),
  getter('js-hono', 'Hello from Hono!\n', 4),
];

export const DEFAULT_GUESTS: readonly string[] = ['hello', 'echo', 'js-fetch-event', 'js-hono'];

const OVERLAP_MS = 500;

/** Each of its requests waits half a second, so a server that overlaps them answers many in little more. */
export const SLEEP: Guest = {
  ...getter('sleep', `slept ${OVERLAP_MS}\n`, 1),
  request: { method: 'GET', path: `/?ms=${OVERLAP_MS}` },
};

/**
 * Builds the guests that are stale, by `scripts/components.ts`. Returns those whose wasm is there, and complains about the rest.
 *
 * A guest that cannot be rebuilt here but has a wasm is measured as it is.
 */
export function prepareGuests(guests: readonly Guest[], complain: (line: string) => void): readonly Guest[] {
  return guests.filter((guest) => {
    if (!isFresh(guest) && !build(guest)) complain(`guest ${guest.name}: stale, and \`npm run components\` fails`);
    if (existsSync(guest.file)) return true;
    complain(`guest ${guest.name}: left out, ${guest.file} is not there (npm run components -- ${guest.name})`);
    return false;
  });
}

function getter(name: string, reply: string, startSeconds: number): Guest {
  const request = { method: 'GET', path: '/' } as const;
  return { name, file: `components/${name}/${name}.wasm`, request, reply, startSeconds };
}

const isFresh = ({ name }: Guest): boolean =>
  spawnSync(process.execPath, ['scripts/components.ts', '--check', name]).status === 0;

const build = ({ name }: Guest): boolean =>
  spawnSync(process.execPath, ['scripts/components.ts', name], { stdio: ['ignore', 2, 2] }).status === 0;
