import { callEach } from '../../util/bug.ts';
import type { ConnectionOwner, UpstreamConnection } from './connection.ts';
import { Http1Connection } from './http1-connection.ts';
import { Http2Connection } from './http2-connection.ts';
import { IdleTrust } from './idle-trust.ts';
import { isHttp2, type UpstreamSocket } from './upstream-connect.ts';

/** A connection that waits for its next request. */
interface Idle {
  readonly connection: UpstreamConnection;
  /** By `performance.now()`. */
  readonly sinceMs: number;
}

/** How often kept connections are looked at, all of them at once: so a request costs no timer. */
const LOOK_MS = 1_000;
/** The most kept connections to one target. */
const MAX_IDLE = 256;

/** The connections to upstreams, kept for the next request to the same target. Each carries one request at a time. */
export class UpstreamPool implements Disposable {
  /** By target. The connection that was used last is last. */
  readonly #idle = new Map<string, Idle[]>();
  readonly #connections = new Set<UpstreamConnection>();
  /** For how long those that were taken had been without a request. */
  readonly #restedMs = new WeakMap<UpstreamConnection, number>();
  readonly #trust = new IdleTrust();
  #look: NodeJS.Timeout | undefined;

  /** A kept connection to the target. Of several, the one used last is the most likely to be open. */
  take(key: string): UpstreamConnection | undefined {
    return this.#takeFrom(key, (idle) => idle.length - 1);
  }

  /** A kept connection to the target that is certain to stay open, as far as anything is. */
  takeTrusted(key: string): UpstreamConnection | undefined {
    const nowMs = performance.now();
    return this.#takeFrom(key, (idle) => {
      const index = idle.findLastIndex(({ sinceMs }) => this.#trust.hasRested(nowMs - sinceMs));
      const sinceMs = idle[index]?.sinceMs;
      return sinceMs !== undefined && this.#trust.trusts(key, nowMs - sinceMs) ? index : -1;
    });
  }

  /** Whether there is a kept connection to the target. */
  hasIdle(key: string): boolean {
    return this.#idle.has(key);
  }

  /** Makes a connection of a socket, for its first request. */
  adopt(key: string, upstream: UpstreamSocket): UpstreamConnection {
    const owner: ConnectionOwner = {
      freed: (connection) => this.#keep(key, connection),
      stale: (connection) => this.#trust.closed(key, this.#restedMs.get(connection) ?? 0),
      closed: (connection) => this.#forget(key, connection),
    };
    const made = isHttp2(upstream.socket) ? new Http2Connection(upstream, owner) : new Http1Connection(upstream, owner);
    this.#connections.add(made);
    return made;
  }

  /** Closes every connection, whatever goes on on it. */
  [Symbol.dispose](): void {
    clearInterval(this.#look);
    this.#look = undefined;
    this.#idle.clear();
    callEach(Array.from(this.#connections, (connection) => () => connection.destroy()));
    this.#connections.clear();
  }

  /** Takes what `choose` gives the index of, -1 for none, until it is open. */
  #takeFrom(key: string, choose: (idle: readonly Idle[]) => number): UpstreamConnection | undefined {
    const idle = this.#idle.get(key) ?? [];
    for (let index = choose(idle); index !== -1; index = choose(idle)) {
      const [taken] = idle.splice(index, 1);
      if (idle.length === 0) this.#idle.delete(key);
      if (taken?.connection.isOpen !== true) continue;
      this.#restedMs.set(taken.connection, performance.now() - taken.sinceMs);
      return taken.connection;
    }
    return undefined;
  }

  #keep(key: string, connection: UpstreamConnection): void {
    if (!connection.isOpen || !this.#connections.has(connection)) return connection.destroy();
    const idle = this.#idle.get(key) ?? [];
    this.#idle.set(key, idle);
    idle.push({ connection, sinceMs: performance.now() });
    // Not the oldest: it shows for how long the upstream keeps connections.
    if (idle.length > MAX_IDLE) for (const { connection: old } of idle.splice(1, 1)) old.destroy();
    this.#look ??= setInterval(() => this.#lookAtAll(), LOOK_MS).unref();
  }

  #forget(key: string, connection: UpstreamConnection): void {
    this.#connections.delete(connection);
    const idle = this.#idle.get(key);
    const index = idle?.findIndex((entry) => entry.connection === connection) ?? -1;
    const [entry] = index === -1 ? [] : (idle?.splice(index, 1) ?? []);
    if (entry !== undefined) this.#trust.closed(key, performance.now() - entry.sinceMs);
    if (idle?.length === 0) this.#idle.delete(key);
  }

  #lookAtAll(): void {
    const nowMs = performance.now();
    for (const [key, idle] of this.#idle) {
      const kept = idle.filter(({ connection, sinceMs }) => connection.isOpen && nowMs - sinceMs < connection.keepMs);
      // Those closed for their age have lasted too.
      for (const { connection, sinceMs } of idle) if (connection.isOpen) this.#trust.lasted(key, nowMs - sinceMs);
      const closing = idle.filter((entry) => !kept.includes(entry));
      if (kept.length > 0) this.#idle.set(key, kept);
      else this.#idle.delete(key);
      for (const { connection } of closing) connection.destroy();
    }
    if (this.#idle.size > 0) return;
    clearInterval(this.#look);
    this.#look = undefined;
  }
}
