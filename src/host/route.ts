import type { RequestHead } from '../http/request-head.ts';
import { HostError } from '../util/host-error.ts';

/**
 * Which requests a handler gets: those for a host name, those whose path begins with `path`, or both. A string is a path.
 *
 * `path` is a prefix of whole segments: `/api` takes `/api`, `/api/` and `/api/x?y`, not `/apis`. It is compared with the path as the client sent it:
 * nothing is decoded, `.` and `..` stay as they are. CONNECT, which has no path, is for `/`. Without `path` all paths are taken. `host` is a name without a port, in any case; without it all are.
 *
 * Of several routes that take a request, one with a `host` comes before those without, then the longest path wins.
 */
export type Route = string | { readonly host?: string; readonly path?: string };

/** A routing table. */
export class Routes<Target> {
  /** By host name, `''` for all; the longest path first. */
  readonly #byHost = new Map<string, { readonly prefix: string; readonly target: Target }[]>();

  /** Throws `HostError` if the route is not one, or taken. */
  assertFree(route: Route): void {
    const { host, prefix } = parseRoute(route);
    if (this.#byHost.get(host)?.some((entry) => entry.prefix === prefix) !== true) return;
    throw new HostError('bad-argument', `a handler is already mounted at ${describe(host, prefix)}`);
  }

  /** Throws as `assertFree` does. */
  add(route: Route, target: Target): void {
    this.assertFree(route);
    const { host, prefix } = parseRoute(route);
    const entries = this.#byHost.get(host) ?? [];
    const more = [...entries, { prefix, target }].sort((a, b) => b.prefix.length - a.prefix.length);
    this.#byHost.set(host, more);
  }

  /** What takes a request. */
  find({ authority, pathWithQuery = '/' }: Pick<RequestHead, 'authority' | 'pathWithQuery'>): Target | undefined {
    const hosted =
      this.#byHost.size > 1 || !this.#byHost.has('') ? this.#findAt(toHostName(authority), pathWithQuery) : undefined;
    return hosted ?? this.#findAt('', pathWithQuery);
  }

  /** The one target, if it takes all requests. */
  get only(): Target | undefined {
    const [[host, entries] = [undefined, []], another] = this.#byHost;
    const [entry] = entries;
    return host === '' && another === undefined && entries.length === 1 && entry?.prefix === ''
      ? entry.target
      : undefined;
  }

  #findAt(host: string, path: string): Target | undefined {
    return this.#byHost.get(host)?.find(({ prefix }) => isBelow(path, prefix))?.target;
  }
}

function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  const next = path[prefix.length];
  return prefix === '' || next === undefined || next === '/' || next === '?';
}

/** Without the port, and the dot that may end a name. */
function toHostName(authority: string): string {
  return authority.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}

function parseRoute(route: Route): { readonly host: string; readonly prefix: string } {
  const { host, path = '/' } = typeof route === 'string' ? { path: route } : toObject(route);
  if (host !== undefined && (typeof host !== 'string' || !HOST.test(host))) {
    throw new HostError(
      'bad-argument',
      `invalid host ${show(host)} of a route: use a name such as 'a.example', without scheme and port`,
    );
  }
  if (typeof path !== 'string' || !PATH.test(path)) {
    throw new HostError(
      'bad-argument',
      `invalid path ${show(path)} of a route: it must begin with '/', without '*', '?' and '#'; all paths below it are included`,
    );
  }
  return { host: toHostName(host ?? ''), prefix: path.replace(/\/+$/, '') };
}

/** A name, or an address of IPv6 in brackets. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])$/i;
const PATH = /^\/[^?#*\s]*$/;

function toObject(route: unknown): Exclude<Route, string> {
  if (typeof route === 'object' && route !== null && !Array.isArray(route)) {
    const other = Object.keys(route).find((key) => key !== 'host' && key !== 'path');
    if (other === undefined) return route;
  }
  throw new HostError('bad-argument', `invalid route ${show(route)}: use '/path' or { host, path }`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value));
}

function describe(host: string, prefix: string): string {
  return `'${host}${prefix === '' ? '/' : prefix}'`;
}
