import type { Exchange } from './exchange.ts';

/** What a handler keeps for further requests. */
export interface HandlerLoad {
  /** Instances that wait for a request, and the size of their memories. */
  readonly keptInstances: number;
  readonly keptBytes: number;
}

/**
 * Answers the requests of a route. The handler of a component is the first maker of one.
 *
 * @example
 * ```ts
 * import { type Handler, createHost } from 'wasi-serve';
 *
 * const redirect: Handler = {
 *   answer: ({ head, reply }) => {
 *     const location = `https://new.example${head.pathWithQuery}`;
 *     reply.whole({ status: 308, fields: [['location', location]], framing: { by: 'length', byteLength: 0 } }, new Uint8Array());
 *   },
 * };
 * await using host = createHost();
 * host.mount('/', redirect);
 * ```
 */
export interface Handler {
  /** Its name in logs. Default: `handler`. */
  readonly label?: string;
  /**
   * Answers one request through `exchange.reply`. The request is over when this returns, or when the promise that it returns resolves: the host
   * waits for that when it closes. What it throws is logged, and the client gets 500, or a reset if the head is sent.
   */
  answer(exchange: Exchange): void | Promise<void>;
  /** For metrics, if it keeps anything. */
  readonly load?: HandlerLoad;
  /** Called when the host has begun to listen, for work that can wait until the first requests are answered. */
  listening?(): void;
  /**
   * Lets requests finish, ends those that are not over after `timeoutMs`, and returns how many those were. Without it, the host breaks off their replies,
   * whatever the promises of `answer` wait for.
   */
  drain?(timeoutMs: number): Promise<number>;
  /** Called once when the host is closed, after the last request. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** A handler as its host calls it: it has every method, and never throws. */
export interface MountedHandler extends Required<Handler> {
  answer(exchange: Exchange): void;
}
