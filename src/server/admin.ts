import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { HOPS_FIELD, isOfGuest } from '../http/hops.ts';
import { type MakeProfile, PROFILE_PATH, answerProfile } from './answer-profile.ts';
import { type Address, addressOf, bind } from './http1/listen.ts';

/** What the admin port reports. */
export interface Admin {
  /** Whether requests are accepted. */
  isReady(): boolean;
  /** Metrics as text in Prometheus' format. */
  toText(): Promise<string>;
  /** Further lines for health and readiness, below the one word. */
  describe?(): string;
  /** Makes profiles, if that may be asked for. */
  readonly makeProfile?: MakeProfile | undefined;
}

/** An open port for the operator, separate from the one that guests answer. Whoever opens it disposes it. */
export interface AdminPort extends AsyncDisposable {
  /** The address that it is bound to, with the real port. */
  readonly address: Address;
}

/** A reply; `type` is its content-type. */
interface AdminReply {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
}

type Page = (admin: Admin) => AdminReply | Promise<AdminReply>;

/** Bounds on clients: few connect, and their requests are small. */
const BOUNDS = { maxHeaderSize: 8 * 1024, headersTimeout: 5000, requestTimeout: 5000, keepAliveTimeout: 5000 } as const;
const MAX_CONNECTIONS = 64;

const PAGES: ReadonlyMap<string, Page> = new Map<string, Page>([
  ['/healthz', (admin) => ({ status: 200, text: `ok\n${admin.describe?.() ?? ''}` })],
  [
    '/readyz',
    (admin) => {
      const [status, word] = admin.isReady() ? [200, 'ready'] : [503, 'not ready'];
      return { status, text: `${word}\n${admin.describe?.() ?? ''}` };
    },
  ],
  ['/metrics', async (admin) => ({ status: 200, text: await admin.toText(), type: METRICS_TYPE })],
]);

/** Source: prometheus.io, "Exposition formats", the text-based one. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Opens a port for health, readiness and metrics. Throws `HostError` if it cannot be opened.
 *
 * @example
 * ```ts
 * const metrics = await createMetrics();
 * await using admin = await listenAdmin(metrics, { hostname: '127.0.0.1', port: 9100 });
 * console.log(await (await fetch(`http://127.0.0.1:${admin.address.port}/healthz`)).text());
 * ```
 */
export async function listenAdmin(admin: Admin, address: Address): Promise<AdminPort> {
  const server = createServer(BOUNDS, (request, response) => {
    answer(admin, request, response).catch(() => response.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  await bind(server, address, '--admin-addr');
  // A client whose connection was not accepted tries again.
  server.on('error', () => undefined);
  return {
    address: addressOf(server),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(admin: Admin, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { makeProfile } = admin;
  if (makeProfile !== undefined && isForProfile(request)) {
    await answerProfile(makeProfile, request, response);
    return;
  }
  const { status, text, type = 'text/plain; charset=utf-8' } = await toReply(admin, request);
  if (status === 405) response.setHeader('allow', 'GET, HEAD');
  response
    .writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store' })
    .end(text);
}

/** Only GET begins one. */
function isForProfile({ method, url = '', headers }: IncomingMessage): boolean {
  return method === 'GET' && toPath(url) === PROFILE_PATH && !isOfGuest(`${headers[HOPS_FIELD]}`);
}

function toPath(url: string): string {
  return url.replace(/\?.*/s, '');
}

async function toReply(admin: Admin, { method, url = '', headers }: IncomingMessage): Promise<AdminReply> {
  // Guests may call local addresses, but must not learn what other guests do.
  if (isOfGuest(`${headers[HOPS_FIELD]}`)) return { status: 403, text: 'not for guests\n' };
  const paths = [...PAGES.keys(), ...(admin.makeProfile === undefined ? [] : [PROFILE_PATH])];
  if (!paths.includes(toPath(url))) return { status: 404, text: `not found: the pages are ${paths.join(', ')}\n` };
  const page = PAGES.get(toPath(url));
  if (page === undefined || (method !== 'GET' && method !== 'HEAD')) return { status: 405, text: 'GET only\n' };
  try {
    return await page(admin);
  } catch (error) {
    return { status: 500, text: `${error instanceof Error ? error.message : error}\n` };
  }
}
