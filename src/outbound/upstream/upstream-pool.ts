import { callEach } from '../../util/bug.ts';
import type { ConnectionOwner, UpstreamConnection } from './connection.ts';
import { Http1Connection } from './http1-connection.ts';
import { Http2Connection } from './http2-connection.ts';
import { IdleTrust } from './idle-trust.ts';
import { isHttp2, type UpstreamSocket } from './connect-upstream.ts';

/** A connection that is kept for its next request. */
interface Idle {
  readonly connection: UpstreamConnection;
  /** On the clock of `performance.now()`. */
  readonly sinceMs: number;
}

/** How often kept connections are checked, all of them together, so that a request costs no timer. */
const SWEEP_MS = 1_000;
/** The most kept connections to one target. */
const MAX_IDLE = 256;

/** Connections to upstreams, kept for the next request to the same target. Each carries one request at a time. */
export class UpstreamPool implements Disposable {
  /** Idle connections by target; the most recently used comes last. */
  readonly #idle = new Map<string, Idle[]>();
  readonly #connections = new Set<UpstreamConnection>();
  /** How long the connections in use had been idle when they were taken. */
  readonly #idleMs = new WeakMap<UpstreamConnection, number>();
  readonly #trust = new IdleTrust();
  #sweeping: NodeJS.Timeout | undefined;

  /** Takes a kept connection to the target. Of several, the most recently used is the most likely to be open. */
  take(key: string): UpstreamConnection | undefined {
    return this.#takeFrom(key, (idle) => idle.length - 1);
  }

  /** Takes a kept connection to the target that is as certain as possible to stay open. */
  takeTrusted(key: string): UpstreamConnection | undefined {
    const nowMs = performance.now();
    return this.#takeFrom(key, (idle) => {
      const index = idle.findLastIndex(({ sinceMs }) => this.#trust.hasSettled(nowMs - sinceMs));
      const sinceMs = idle[index]?.sinceMs;
      return sinceMs !== undefined && this.#trust.trusts(key, nowMs - sinceMs) ? index : -1;
    });
  }

  /** Whether there is a kept connection to the target. */
  hasIdle(key: string): boolean {
    return this.#idle.has(key);
  }

  /** Creates a connection from a socket, for its first request. */
  adopt(key: string, upstream: UpstreamSocket): UpstreamConnection {
    const owner: ConnectionOwner = {
      freed: (connection) => this.#keep(key, connection),
      stale: (connection) => this.#trust.closed(key, this.#idleMs.get(connection) ?? 0),
      closed: (connection) => this.#forget(key, connection),
    };
    const made = isHttp2(upstream.socket) ? new Http2Connection(upstream, owner) : new Http1Connection(upstream, owner);
    this.#connections.add(made);
    return made;
  }

  /** Closes all connections, even those with a request under way. */
  [Symbol.dispose](): void {
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
    this.#idle.clear();
    callEach(Array.from(this.#connections, (connection) => () => connection.destroy()));
    this.#connections.clear();
  }

  /** Takes the connection whose index `choose` returns (-1 for none), until one is open. */
  #takeFrom(key: string, choose: (idle: readonly Idle[]) => number): UpstreamConnection | undefined {
    const idle = this.#idle.get(key) ?? [];
    for (let index = choose(idle); index !== -1; index = choose(idle)) {
      const [taken] = idle.splice(index, 1);
      if (idle.length === 0) this.#idle.delete(key);
      if (taken?.connection.isOpen !== true) continue;
      this.#idleMs.set(taken.connection, performance.now() - taken.sinceMs);
      return taken.connection;
    }
    return undefined;
  }

  #keep(key: string, connection: UpstreamConnection): void {
    if (!connection.isOpen || !this.#connections.has(connection)) return connection.destroy();
    const idle = this.#idle.get(key) ?? [];
    this.#idle.set(key, idle);
    idle.push({ connection, sinceMs: performance.now() });
    // Drops the second oldest: the oldest shows how long the upstream keeps connections.
    if (idle.length > MAX_IDLE) for (const { connection: old } of idle.splice(1, 1)) old.destroy();
    this.#sweeping ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  #forget(key: string, connection: UpstreamConnection): void {
    this.#connections.delete(connection);
    const idle = this.#idle.get(key);
    const index = idle?.findIndex((entry) => entry.connection === connection) ?? -1;
    const [entry] = index === -1 ? [] : (idle?.splice(index, 1) ?? []);
    if (entry !== undefined) this.#trust.closed(key, performance.now() - entry.sinceMs);
    if (idle?.length === 0) this.#idle.delete(key);
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const [key, idle] of this.#idle) {
      const kept = idle.filter(({ connection, sinceMs }) => connection.isOpen && nowMs - sinceMs < connection.keepMs);
      // Connections that are closed for their age have lasted that long too.
      for (const { connection, sinceMs } of idle) if (connection.isOpen) this.#trust.lasted(key, nowMs - sinceMs);
      const closing = idle.filter((entry) => !kept.includes(entry));
      if (kept.length > 0) this.#idle.set(key, kept);
      else this.#idle.delete(key);
      for (const { connection } of closing) connection.destroy();
    }
    if (this.#idle.size > 0) return;
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
  }
}
