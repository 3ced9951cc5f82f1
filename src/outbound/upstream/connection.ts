import type { OutboundRequest } from '../send-request.ts';
import type { UpstreamExchange } from './upstream-exchange.ts';

/**
 * What became of a request on a connection. `done`: its exchange is over, whatever the result; `retry`: the connection could not carry it, and it may
 * go to another; `retry-with-http1`: the same, but the upstream requires HTTP/1.1.
 */
export type CarryResult = 'done' | 'retry' | 'retry-with-http1';

/** A connection to an upstream. It carries one request at a time. */
export interface UpstreamConnection {
  /** Whether it can carry a request: none is under way, and nothing that has arrived says otherwise. */
  readonly isOpen: boolean;
  /** How long it may be kept idle, in milliseconds. */
  readonly keepMs: number;
  /** Sends a request, and passes what arrives to `exchange`. Never rejects. */
  carry(request: OutboundRequest, exchange: UpstreamExchange): Promise<CarryResult>;
  /** Closes it, even if a request is under way. */
  destroy(): void;
}

/** The owner of a connection: the pool. */
export interface ConnectionOwner {
  /** A request is over, and the connection can carry another. */
  freed(connection: UpstreamConnection): void;
  /** The upstream closed a kept connection while a request was on its way, which may or may not have been read. */
  stale(connection: UpstreamConnection): void;
  /** The connection is closed, by either side. */
  closed(connection: UpstreamConnection): void;
}

/** How long to keep an idle connection if its upstream sends no `keep-alive` timeout, and the longest if it does. */
const KEEP_MS = 4_000;
const MAX_KEEP_MS = 30_000;
/** Subtracted from an upstream's timeout: it started to count earlier, and its close takes time to arrive. */
const MARGIN_MS = 1_000;

/** How long to keep a connection whose upstream announces a timeout of `keepAliveS` seconds. */
export function toKeepMs(keepAliveS: number | undefined): number {
  return keepAliveS === undefined ? KEEP_MS : Math.min(keepAliveS * 1000 - MARGIN_MS, MAX_KEEP_MS);
}
