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
  /** Undefined if nobody has said it: then any reply of 200 is right. */
  readonly reply: string | undefined;
  /** A start, roughly, over all contenders; for the time shown. */
  readonly startSeconds: number;
  /** Where it comes from. */
  readonly origin: Origin;
}

/**
 * `components`: built by `npm run components`. `guide`: by the commands of a page of docs/, into a cache. `given`: by who runs the bench.
 * `nowhere`: for a reason.
 */
export type Origin =
  | { readonly from: 'components' }
  | { readonly from: 'guide'; readonly page: string; readonly needs: string }
  | { readonly from: 'given' }
  | { readonly from: 'nowhere'; readonly reason: string };

const RUST_HELLO = 'Hello from wasi-serve!\n';
const ECHO_BODY = 'sixty-four bytes of text that come back exactly as they went in\n';

/** The one that costs least itself: of it, what the host costs shows most. */
export const HELLO: Guest = getter('hello', RUST_HELLO, 1);

/** Sends bodies back, each chunk as it arrives. */
export const ECHO: Guest = {
  ...getter('echo', ECHO_BODY, 1),
  request: { method: 'POST', path: '/', body: ECHO_BODY },
};

/** What `npm run components` builds, in the order in which they run. */
export const COMPONENTS: readonly Guest[] = [
  HELLO,
  getter('hello-wstd', RUST_HELLO, 1),
  getter('hello-axum', RUST_HELLO, 1),
  ECHO,
  getter('js-fetch-event', 'Hello from StarlingMonkey!\n', 4),
  getter('js-hono', 'Hello from Hono!\n', 4),
];

const CSHARP_REASON =
  'NativeAOT for WASI is in no registry that the bench uses; with a component of yours: --component csharp=FILE';

/** What `--guests` may name, and in which order they run. */
export const GUESTS: readonly Guest[] = [
  ...COMPONENTS,
  { ...getter('python', 'Hello from /\n', 6), origin: { from: 'guide', page: 'guest-python', needs: 'python3' } },
  { ...getter('go', 'Hello from /\n', 3), origin: { from: 'guide', page: 'guest-go', needs: 'go' } },
  { ...getter('csharp', undefined, 3), origin: { from: 'nowhere', reason: CSHARP_REASON } },
];

export const DEFAULT_GUESTS: readonly string[] = ['hello', 'echo', 'js-fetch-event', 'js-hono'];

const OVERLAP_MS = 500;

/** Each of its requests waits half a second, so a server that overlaps them answers many in little more. */
export const SLEEP: Guest = {
  ...getter('sleep', `slept ${OVERLAP_MS}\n`, 1),
  request: { method: 'GET', path: `/?ms=${OVERLAP_MS}` },
};

/** A guest of `components/` that answers GET with `reply`. */
export function getter(name: string, reply: string | undefined, startSeconds: number): Guest {
  const request = { method: 'GET', path: '/' } as const;
  const file = `components/${name}/${name}.wasm`;
  return { name, file, request, reply, startSeconds, origin: { from: 'components' } };
}

/** The guest of an entry `NAME=FILE` of `--component`. Throws if it is none. */
export function parseGivenGuest(entry: string): Guest {
  const [, name, file] = /^([\w-]+)=(.+)$/.exec(entry) ?? [];
  if (name === undefined || file === undefined) throw new Error(`--component must be NAME=FILE, not ${entry}`);
  return { ...getter(name, undefined, 3), file, origin: { from: 'given' } };
}
