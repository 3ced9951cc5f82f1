import { HostError } from '../util/host-error.ts';
import { toError } from '../util/to-error.ts';

/** What the global `fetch` takes, and a path of `http://localhost`. */
export type FetchInput = string | URL | Request;

/** What `init` says of a request. Servers pass objects of theirs in its place, which say nothing. */
const INIT_KEYS = ['method', 'headers', 'body', 'signal', 'redirect', 'duplex'] as const;

/** The request that is meant. Throws `HostError` if there is none. */
export function toRequest(input: FetchInput, init: RequestInit = {}): Request {
  if (isRequest(input)) return INIT_KEYS.some((key) => key in init) ? createRequest(input, init) : input;
  if (typeof input === 'string' || input instanceof URL) {
    const url = String(input);
    return createRequest(url.startsWith('/') ? `http://localhost${url}` : url, init);
  }
  throw new HostError('bad-argument', `host.fetch takes a URL or a Request, not ${describe(input)}`);
}

/** Adapters such as Hono's have classes of their own that are not Node's. */
function isRequest(input: unknown): input is Request {
  return typeof input === 'object' && input !== null && !(input instanceof URL) && 'url' in input && 'headers' in input;
}

function createRequest(input: string | Request, init: RequestInit): Request {
  try {
    // Whoever sends a stream has to say so, for no runtime knows another way.
    return new Request(
      input,
      init.body instanceof ReadableStream ? ({ duplex: 'half', ...init } as RequestInit) : init,
    );
  } catch (error) {
    const what = typeof input === 'string' ? `'${input}'` : 'a Request';
    const { message } = toError(error);
    throw new HostError('bad-argument', `host.fetch cannot create a request from ${what}: ${message}`, {
      cause: error,
    });
  }
}

function describe(input: unknown): string {
  return typeof input === 'object' && input !== null
    ? `an object of ${input.constructor?.name ?? 'no class'}`
    : String(input);
}
