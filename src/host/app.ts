import type { ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { RequestHead } from '../http/request-head.ts';
import { CLIENT_LEFT_STATUS, NO_ROUTE, failureOfThrown } from '../server/failure.ts';
import { headOf } from '../server/fetch/fetch-exchange.ts';
import { answerWith } from '../server/guarded-handler.ts';
import type { NodeExchange } from '../server/http1/node-exchange.ts';
import { RequestReport } from '../server/report.ts';
import type { Answerer, Commons } from '../server/service.ts';
import { warnOfBug } from '../util/bug.ts';
import { Drained } from '../util/drained.ts';
import { requestOf, withEarlierFields } from './with-earlier-fields.ts';

/** What handlers of `host.app` find in `c.env`: Node's own request and reply; nothing behind `host.fetch`. */
export type AppEnv = { Bindings: Partial<HttpBindings> };

type NotFound = Parameters<Hono<AppEnv>['notFound']>[0];

/** Tells `@hono/node-server` that somebody else has answered. */
const ALREADY_SENT = { headers: { 'x-hono-already-sent': 'true' } } as const;

const NO_ROUTE_TEXT = `404 Not Found: ${NO_ROUTE.reason}\n`;

/** A host's own routes and middleware. A request that they do not answer goes on to what is mounted. */
export class HostApp {
  readonly hono = new Hono<AppEnv>();
  readonly #commons: Commons;
  readonly #answerer: Answerer;
  readonly #fetchMounted: (request: Request) => Promise<Response> | undefined;
  /** Requests at work that no component has taken over. */
  readonly #open = new Set<ServerResponse>();
  readonly #drained = new Drained();
  readonly #reports = new WeakMap<Request, RequestReport>();
  #notFound: NotFound | undefined;

  /** `fetchMounted` returns `undefined` if nothing is mounted at the request's route. */
  constructor(commons: Commons, fetchMounted: (request: Request) => Promise<Response> | undefined) {
    this.#commons = commons;
    this.#answerer = { log: commons.log, ids: commons.ids, label: 'app', instance: 'none' };
    this.#fetchMounted = fetchMounted;
    this.hono.notFound((c) => this.#askMounted(c));
    this.hono.onError((error, c) => this.#explain(error, c));
    // An embedder's own comes behind what is mounted.
    this.hono.notFound = (notFound) => {
      this.#notFound = notFound;
      return this.hono;
    };
  }

  /** Whether any of its routes or middleware matches. */
  concerns({ method, url }: Pick<Request, 'method' | 'url'>): boolean {
    if (this.hono.routes.length === 0) return false;
    const path = this.hono.getPath({ url } as Request);
    return this.hono.router.match(method === 'HEAD' ? 'GET' : method, path)[0].length > 0;
  }

  /** The same of a request that has no URL yet. */
  concernsHead(head: RequestHead): boolean {
    if (this.hono.routes.length === 0) return false;
    const url = toUrl(head);
    // A request without a URL must not bypass middleware: `@hono/node-server` refuses it.
    return url === undefined || this.concerns({ method: head.method, url });
  }

  get hasNotFound(): boolean {
    return this.#notFound !== undefined;
  }

  async fetch(request: Request): Promise<Response> {
    return await this.hono.fetch(request, {});
  }

  /** Answers by Node's own means. */
  answer(exchange: NodeExchange): void {
    const { incoming, outgoing } = exchange.forApp;
    const report = new RequestReport(this.#answerer, exchange.head);
    const startBytes = incoming.socket.bytesWritten;
    this.#open.add(outgoing);
    const ending = resetIfBroken(outgoing);
    abortIfViolated(exchange);
    outgoing.once('close', () => {
      exchange[Symbol.dispose]();
      const writtenBytes = incoming.socket.bytesWritten - startBytes;
      if (this.#leave(outgoing)) reportEnd(report, outgoing, { ...ending, writtenBytes });
    });
    this.#respond(exchange, { incoming, outgoing }, report).catch((error: unknown) => {
      outgoing.destroy();
      warnOfBug(error);
    });
  }

  /** Waits for requests that no component has taken over. Returns how many are not over after `timeoutMs`: their connections will be closed. */
  async drain(timeoutMs: number): Promise<number> {
    if (this.#open.size === 0 || (await this.#drained.waitFor(timeoutMs))) return 0;
    return this.#open.size;
  }

  async #respond(
    exchange: NodeExchange,
    { incoming, outgoing }: NodeExchange['forApp'],
    report: RequestReport,
  ): Promise<void> {
    const { getRequestListener } = await import('@hono/node-server');
    const answer = async (request: Request, env: Partial<HttpBindings>): Promise<Response> => {
      this.#reports.set(request, report);
      const response = await this.hono.fetch(request, env);
      const { failure } = exchange.violation;
      if (failure === undefined || exchange.reply.isHeadSent) return response;
      answerWith(this.#commons, exchange, failure);
      return new Response(null, ALREADY_SENT);
    };
    await getRequestListener((request, env) => answer(request, env as Partial<HttpBindings>), OPTIONS)(
      incoming,
      outgoing,
    );
  }

  /** Nothing of the app's own has answered. */
  async #askMounted(c: Context<AppEnv>): Promise<Response> {
    const response = this.#fetchMounted(await requestOf(c));
    if (response === undefined) return (await this.#notFound?.(c)) ?? c.text(NO_ROUTE_TEXT, 404);
    if (c.env?.outgoing !== undefined) this.#leave(c.env.outgoing);
    return withEarlierFields(c, await response);
  }

  /** What a route or middleware threw. */
  #explain(error: Error & { getResponse?: () => Response }, c: Context<AppEnv>): Response {
    if (error.getResponse !== undefined) return error.getResponse();
    const report = this.#reports.get(c.req.raw) ?? this.#reportOf(c.req.raw);
    report.failed(failureOfThrown(error));
    return c.text('500 Internal Server Error\n', 500);
  }

  #reportOf(request: Request): RequestReport {
    return new RequestReport(this.#answerer, headOf(request));
  }

  /** Whether it was open. */
  #leave(outgoing: ServerResponse): boolean {
    const wasOpen = this.#open.delete(outgoing);
    if (this.#open.size === 0) this.#drained.notify();
    return wasOpen;
  }
}

/** Ours are Node's own classes, and so is a body's end. */
const OPTIONS = { overrideGlobalObjects: false, autoCleanupIncoming: false } as const;

/** A client that is too slow for the place of its guest loses it: with its reply, once that has begun. */
function abortIfViolated({ violation, reply }: NodeExchange): void {
  violation.onReady(() => {
    if (reply.isHeadSent) reply.abort();
  });
}

/** How a reply of the app ended that is not complete. */
interface Ending {
  /** What its stream broke with; `undefined` if the client left. */
  error: Error | undefined;
}

/** Makes sure that a broken reply never looks complete, even if the end of the connection is its end: what `@hono/node-server` destroys is reset. */
function resetIfBroken(outgoing: ServerResponse): Ending {
  const ending: Ending = { error: undefined };
  const { destroy } = outgoing;
  outgoing.destroy = (error?: Error) => {
    ending.error ??= error;
    if (error !== undefined && outgoing.headersSent) outgoing.socket?.resetAndDestroy();
    return destroy.call(outgoing);
  };
  return ending;
}

/** The body is what was written behind the head, with the framing of its chunks. */
function reportEnd(
  report: RequestReport,
  outgoing: ServerResponse,
  { error, writtenBytes }: Ending & { readonly writtenBytes: number },
): void {
  const { _header: head } = outgoing as { _header?: string | null };
  const byteLength = Math.max(0, writtenBytes - (head ?? '').length);
  report.status = outgoing.headersSent ? outgoing.statusCode : CLIENT_LEFT_STATUS;
  if (outgoing.writableFinished) report.replied({ at: 'complete', byteLength });
  else if (error === undefined) report.replied({ at: 'client-left', byteLength });
  else report.replied({ at: 'aborted', byteLength, reason: error.message, blame: 'host' });
}

/** The URL by which the app routes a request, normalised as `Request` does it; `undefined` if there is no such URL. */
function toUrl({ pathWithQuery }: Pick<RequestHead, 'pathWithQuery'>): string | undefined {
  if (pathWithQuery === undefined) return undefined;
  const url = `http://localhost${pathWithQuery}`;
  if (PLAIN_PATH.test(pathWithQuery) && !DOT_SEGMENT.test(pathWithQuery)) return url;
  return pathWithQuery.startsWith('/') && URL.canParse(url) ? new URL(url).href : undefined;
}

/** Paths that `URL` leaves as they are. */
const PLAIN_PATH = /^\/[!#$&-;=?-[\]_a-z~]*$/;
const DOT_SEGMENT = /\/\.\.?(?:[/?#]|$)/;
