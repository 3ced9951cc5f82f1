import type { OutboundRequest } from '../send-request.ts';
import type { UpstreamExchange } from './upstream-exchange.ts';

/**
 * How it went with a request on a connection: its exchange is over, with whatever result; or the connection carries it not, and it may go to another
 * one; or to one that speaks HTTP/1.1, as the upstream wants it.
 */
export type Carried = 'over' | 'again' | 'again-by-http1';

/** A connection to an upstream, which carries one request at a time. */
export interface UpstreamConnection {
  /** Whether it could carry a request: none is under way, and nothing has come that says otherwise. */
  readonly isOpen: boolean;
  /** For how long it may be kept without a request. Milliseconds. */
  readonly keepMs: number;
  /** Sends a request and tells `exchange` what comes. Never rejects. */
  carry(request: OutboundRequest, exchange: UpstreamExchange): Promise<Carried>;
  /** Closes it, whatever goes on on it. */
  destroy(): void;
}

/** Who keeps connections. */
export interface ConnectionOwner {
  /** A request is over, and the connection can carry another one. */
  freed(connection: UpstreamConnection): void;
  /** A kept connection was closed by its upstream while a request was on its way, of which nothing is known. */
  stale(connection: UpstreamConnection): void;
  /** It is closed, whoever did that. */
  closed(connection: UpstreamConnection): void;
}

/** How long a connection waits for its next request if its upstream does not say for how long it would, and the longest if it does. */
const KEEP_MS = 4_000;
const MAX_KEEP_MS = 30_000;
/** An upstream counts from an earlier moment, and what it closes is told later. */
const MARGIN_MS = 1_000;

/** For how long to keep a connection whose upstream says that it waits for `keepAliveS` seconds. */
export function toKeepMs(keepAliveS: number | undefined): number {
  return keepAliveS === undefined ? KEEP_MS : Math.min(keepAliveS * 1000 - MARGIN_MS, MAX_KEEP_MS);
}
