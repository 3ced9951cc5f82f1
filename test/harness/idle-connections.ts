/** Where Node keeps what carries its `fetch`. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.2');

/** What carries requests of `fetch`. */
interface Dispatcher {
  /** Closes idle connections immediately, others when their requests are done. */
  close(): Promise<void>;
}

/**
 * Closes connections that `fetch` keeps for its next requests. A server that is stopped serves them until they have been idle for a while, which would
 * take longer than most tests.
 */
export function closeIdleConnections(): void {
  const used = (globalThis as Record<symbol, unknown>)[DISPATCHER] as Dispatcher | undefined;
  if (used === undefined) return;
  const Agent = used.constructor as new () => Dispatcher;
  Object.assign(globalThis, { [DISPATCHER]: new Agent() });
  void used.close();
}
