import { type Result, err, ok } from '../../util/result.ts';
import { toError } from '../../util/to-error.ts';
import { BELOW_ZERO, NOT_A_NUMBER, OVERFLOW, fits } from './add-to.ts';
import { type KeyPage, type KeyValuePair, type KeyValueStore, PAGE_KEYS, type StoreError } from './key-value-store.ts';
import { BadReply, toCount, toPage, toSum, toValues } from './bad-reply.ts';

/** A connection, as far as we use it. */
interface Connection {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  sendCommand(args: readonly (string | Buffer)[]): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  destroy(): void;
}

export interface RedisOptions {
  /** `redis://USER:PASSWORD@HOST:PORT/DATABASE`, or `rediss:` with TLS. */
  readonly url: string;
  /** What all keys begin with in the server. */
  readonly prefix: string;
}

/** For the connection, and for the server's answers to what a client says first. */
const CONNECT_TIMEOUT_MS = 2000;
/** A server that takes longer for one command is given up, and with it its connection: the requests' own deadlines are usually sooner. */
const REPLY_TIMEOUT_MS = 10_000;

const CLOSED: StoreError = Object.freeze({ message: 'the store is closed' });
const GIVEN_UP: StoreError = Object.freeze({ message: 'nobody waits for the answer' });

/** Adds, unless the sum is below 0. The server runs it as one operation, and gives sums as text: its numbers for scripts have 53 bits. */
const INCREMENT = `redis.call('INCRBY', KEYS[1], ARGV[1])
local sum = redis.call('GET', KEYS[1])
if string.sub(sum, 1, 1) ~= '-' then return sum end
redis.call('DECRBY', KEYS[1], ARGV[1])
return false`;

/** What the server says of numbers, and what we say for all stores. */
const NUMBER_ERRORS: readonly (readonly [text: string, error: StoreError])[] = [
  ['value is not an integer', NOT_A_NUMBER],
  ['would overflow', OVERFLOW],
];

/**
 * A database of a Redis or Valkey server, which other processes may use too. Keys and values are the server's own.
 *
 * There is one connection, made when it is first needed, and anew by the next operation after it was lost. An operation whose answer was lost with it is
 * an error and not tried again: it may have happened.
 */
export class RedisStore implements KeyValueStore {
  readonly #options: RedisOptions;
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;
  #isClosed = false;

  constructor(options: RedisOptions) {
    this.#options = options;
  }

  async getMany(keys: readonly string[], signal: AbortSignal): Promise<Result<(Uint8Array | undefined)[], StoreError>> {
    return await this.#ask(['MGET', ...this.#names(keys)], signal, (reply) => toValues(reply, keys.length));
  }

  async setMany(pairs: readonly KeyValuePair[], signal: AbortSignal): Promise<Result<undefined, StoreError>> {
    const args = pairs.flatMap(([key, value]) => [
      this.#name(key),
      Buffer.from(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength),
    ]);
    return await this.#ask(['MSET', ...args], signal, () => undefined);
  }

  async deleteMany(keys: readonly string[], signal: AbortSignal): Promise<Result<undefined, StoreError>> {
    return await this.#ask(['DEL', ...this.#names(keys)], signal, () => undefined);
  }

  async has(key: string, signal: AbortSignal): Promise<Result<boolean, StoreError>> {
    return await this.#ask(['EXISTS', this.#name(key)], signal, (reply) => toCount(reply) > 0);
  }

  /** The server's own pages: a key may be on two of them while others are added or deleted. Empty ones are left out. */
  async list(cursor: bigint, signal: AbortSignal): Promise<Result<KeyPage, StoreError>> {
    const { prefix } = this.#options;
    for (let at = cursor; ;) {
      const args = ['SCAN', `${at}`, 'MATCH', `${escapePattern(prefix)}*`, 'COUNT', `${PAGE_KEYS}`, 'TYPE', 'string'];
      const page = await this.#ask(args, signal, (reply) => toPage(reply, prefix.length));
      if (page.tag === 'err' || page.val.keys.length > 0 || page.val.cursor === undefined) return page;
      at = page.val.cursor;
    }
  }

  async increment(key: string, delta: bigint, signal: AbortSignal): Promise<Result<bigint, StoreError>> {
    if (!fits(delta)) return err(OVERFLOW);
    const sum = await this.#ask(['EVAL', INCREMENT, '1', this.#name(key), String(delta)], signal, toSum);
    if (sum.tag === 'err') return sum;
    return sum.val === undefined ? err(BELOW_ZERO) : ok(sum.val);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#connecting?.catch(() => undefined);
    if (this.#connection !== undefined) end(this.#connection);
  }

  #name(key: string): string {
    return `${this.#options.prefix}${key}`;
  }

  #names(keys: readonly string[]): string[] {
    return keys.map((key) => this.#name(key));
  }

  /** `decode` throws `BadReply`. */
  async #ask<T>(
    args: readonly (string | Buffer)[],
    signal: AbortSignal,
    decode: (reply: unknown) => T,
  ): Promise<Result<T, StoreError>> {
    if (this.#isClosed) return err(CLOSED);
    try {
      const connection = this.#connection?.isReady === true ? this.#connection : await this.#connect();
      if (signal.aborted) return err(GIVEN_UP);
      return ok(decode(await withinTime(connection, connection.sendCommand(args), REPLY_TIMEOUT_MS)));
    } catch (error) {
      // What such a server answers next may be meant for anybody.
      if (error instanceof BadReply && this.#connection !== undefined) end(this.#connection);
      return err(toStoreError(toError(error)));
    }
  }

  /** All who wait for a connection wait for the same one. */
  #connect(): Promise<Connection> {
    return (this.#connecting ??= this.#open().finally(() => (this.#connecting = undefined)));
  }

  async #open(): Promise<Connection> {
    const { RESP_TYPES, createClient } = await import('@redis/client');
    const connection: Connection = createClient({
      url: this.#options.url,
      socket: { reconnectStrategy: false, connectTimeout: CONNECT_TIMEOUT_MS },
      disableOfflineQueue: true,
      commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    }) as Connection;
    // Each operation that fails for it says so.
    connection.on('error', () => undefined);
    await withinTime(connection, connection.connect(), CONNECT_TIMEOUT_MS);
    if (this.#isClosed) end(connection);
    return (this.#connection = connection);
  }
}

/** What the server says, for which nobody waits forever: a connection without an answer is ended, which fails all that wait for it. */
async function withinTime<T>(connection: Connection, answer: Promise<T>, timeoutMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    end(connection);
    late.reject(new Error(`the server has not answered for ${timeoutMs / 1000} s`));
  }, timeoutMs);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function end(connection: Connection): void {
  if (connection.isOpen) connection.destroy();
}

/** What the server has refused, a guest may know; what is wrong with the connection says where the server is. */
function toStoreError(error: Error): StoreError {
  if (error instanceof BadReply) return { message: 'the store failed', cause: error };
  const known = NUMBER_ERRORS.find(([text]) => error.message.includes(text));
  if (known !== undefined) return known[1];
  const isReply = /^[A-Z]+ /.test(error.message);
  return { message: isReply ? `the store refused: ${error.message}` : 'the store cannot be reached', cause: error };
}

function escapePattern(text: string): string {
  return text.replaceAll(/[*?[\]\\^-]/g, String.raw`\$&`);
}
