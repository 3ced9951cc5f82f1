import { type Result, err, ok } from '../../util/result.ts';
import { toError } from '../../util/to-error.ts';
import { BELOW_ZERO, NOT_A_NUMBER, OVERFLOW, fits } from './add-to.ts';
import { type KeyPage, type KeyValuePair, type KeyValueStore, PAGE_KEYS, type StoreError } from './key-value-store.ts';

/** A connection, as far as we use it. */
interface Connection {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  sendCommand<T>(args: readonly (string | Buffer)[]): Promise<T>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  destroy(): void;
}

export interface RedisOptions {
  /** `redis://USER:PASSWORD@HOST:PORT/DATABASE`, or `rediss:` with TLS. */
  readonly url: string;
  /** What all keys begin with in the server. */
  readonly prefix: string;
}

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
    const values = await this.#ask<(Buffer | null)[]>(['MGET', ...this.#names(keys)], signal);
    return values.tag === 'err' ? values : ok(values.val.map((value) => value ?? undefined));
  }

  async setMany(pairs: readonly KeyValuePair[], signal: AbortSignal): Promise<Result<undefined, StoreError>> {
    const args = pairs.flatMap(([key, value]) => [
      this.#name(key),
      Buffer.from(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength),
    ]);
    return withoutValue(await this.#ask(['MSET', ...args], signal));
  }

  async deleteMany(keys: readonly string[], signal: AbortSignal): Promise<Result<undefined, StoreError>> {
    return withoutValue(await this.#ask(['DEL', ...this.#names(keys)], signal));
  }

  async has(key: string, signal: AbortSignal): Promise<Result<boolean, StoreError>> {
    const count = await this.#ask<number>(['EXISTS', this.#name(key)], signal);
    return count.tag === 'err' ? count : ok(count.val > 0);
  }

  /** The server's own pages: a key may be on two of them while others are added or deleted. Empty ones are left out. */
  async list(cursor: bigint, signal: AbortSignal): Promise<Result<KeyPage, StoreError>> {
    const pattern = `${escapePattern(this.#options.prefix)}*`;
    for (let at = String(cursor); ;) {
      const args = ['SCAN', at, 'MATCH', pattern, 'COUNT', String(PAGE_KEYS), 'TYPE', 'string'];
      const scanned = await this.#ask<[cursor: Buffer, names: Buffer[]]>(args, signal);
      if (scanned.tag === 'err') return scanned;
      at = scanned.val[0].toString('latin1');
      const keys = scanned.val[1].map((name) => name.toString().slice(this.#options.prefix.length));
      if (keys.length > 0 || at === '0') return ok({ keys, cursor: at === '0' ? undefined : BigInt(at) });
    }
  }

  async increment(key: string, delta: bigint, signal: AbortSignal): Promise<Result<bigint, StoreError>> {
    if (!fits(delta)) return err(OVERFLOW);
    const sum = await this.#ask<Buffer | null>(['EVAL', INCREMENT, '1', this.#name(key), String(delta)], signal);
    if (sum.tag === 'err') return sum;
    return sum.val === null ? err(BELOW_ZERO) : ok(BigInt(sum.val.toString('latin1')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#connecting?.catch(() => undefined);
    this.#connection?.destroy();
  }

  #name(key: string): string {
    return `${this.#options.prefix}${key}`;
  }

  #names(keys: readonly string[]): string[] {
    return keys.map((key) => this.#name(key));
  }

  async #ask<T>(args: readonly (string | Buffer)[], signal: AbortSignal): Promise<Result<T, StoreError>> {
    if (this.#isClosed) return err(CLOSED);
    try {
      const connection = this.#connection?.isReady === true ? this.#connection : await this.#connect();
      if (signal.aborted) return err(GIVEN_UP);
      return ok(await reply(connection, connection.sendCommand<T>(args)));
    } catch (error) {
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
    await connection.connect();
    if (this.#isClosed) connection.destroy();
    return (this.#connection = connection);
  }
}

/** The server's reply, for which nobody waits forever: a connection without one is ended, which fails all that wait for it. */
async function reply<T>(connection: Connection, replied: Promise<T>): Promise<T> {
  const timer = setTimeout(() => connection.isReady && connection.destroy(), REPLY_TIMEOUT_MS);
  try {
    return await replied;
  } finally {
    clearTimeout(timer);
  }
}

/** What the server has refused, a guest may know; what is wrong with the connection says where the server is. */
function toStoreError(error: Error): StoreError {
  const known = NUMBER_ERRORS.find(([text]) => error.message.includes(text));
  if (known !== undefined) return known[1];
  const isReply = /^[A-Z]+ /.test(error.message);
  return { message: isReply ? `the store refused: ${error.message}` : 'the store cannot be reached', cause: error };
}

function withoutValue(answer: Result<unknown, StoreError>): Result<undefined, StoreError> {
  return answer.tag === 'err' ? answer : ok(undefined);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[*?[\]\\^-]/g, String.raw`\$&`);
}
