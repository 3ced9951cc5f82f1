// The thread that `sqlite-store.ts` starts: the only one of this process that has the file open, since each commit waits for the disk.
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { OK, type Result, err, ok } from '../../util/result.ts';
import { addTo, toValue } from './add-to.ts';
import { type KeyPage, type KeyValuePair, PAGE_KEYS, type StoreError } from './key-value-store.ts';

/** What the thread is given. */
export interface SqliteTask {
  readonly file: string;
  readonly maxBytes: number;
}

/** One operation of a `KeyValueStore`. */
export type SqliteOperation =
  | { readonly at: 'getMany' | 'deleteMany'; readonly keys: readonly string[] }
  | { readonly at: 'setMany'; readonly pairs: readonly KeyValuePair[] }
  | { readonly at: 'has'; readonly key: string }
  | { readonly at: 'list'; readonly cursor: bigint }
  | { readonly at: 'increment'; readonly key: string; readonly delta: bigint };

/** The answers to a message of several operations, in their order. */
export type SqliteAnswers = readonly Result<unknown, StoreError>[];

/** How long other processes may keep us from writing. */
const BUSY_TIMEOUT_MS = 5000;
const RETRY_MS = 10;
const SQLITE_BUSY = 5;
const MAX_S64 = 2n ** 63n - 1n;

const database = open(workerData as SqliteTask);
const statements = {
  get: prepare('SELECT value FROM key_value WHERE key = ?'),
  set: prepare(
    'INSERT INTO key_value (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  ),
  delete: prepare('DELETE FROM key_value WHERE key = ?'),
  list: prepare('SELECT id, key FROM key_value WHERE id > ? ORDER BY id LIMIT ?'),
};
parentPort?.on('message', (operations: readonly SqliteOperation[]) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is a port of Node's
  parentPort?.postMessage(answerAll(operations) satisfies SqliteAnswers);
});

/** Another process that opens a new file at the same time keeps us from switching it to WAL, for which SQLite does not wait itself. */
function open(task: SqliteTask): DatabaseSync {
  for (const endMs = performance.now() + BUSY_TIMEOUT_MS; ;) {
    const opened = new DatabaseSync(task.file, { timeout: BUSY_TIMEOUT_MS });
    try {
      prepareFile(opened, task);
      return opened;
    } catch (error) {
      opened.close();
      if (!isBusy(error) || performance.now() > endMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/** The low byte is the error, the others say more of it. Source: SQLite's result codes. */
function isBusy(error: unknown): boolean {
  const { errcode } = error as { readonly errcode?: number };
  return errcode !== undefined && (errcode & 0xff) === SQLITE_BUSY;
}

/**
 * With WAL, readers and the one writer do not wait for each other; with `synchronous = FULL`, what was committed survives a loss of power too. Keys are
 * bytes, since SQLite's text may end at a NUL. An id is never used again, so that pages of keys stay in order.
 */
function prepareFile(opened: DatabaseSync, { maxBytes }: SqliteTask): void {
  opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  const { page_size: pageBytes } = opened.prepare('PRAGMA page_size').get() as { page_size: number };
  opened.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`);
  opened.exec(
    'CREATE TABLE IF NOT EXISTS key_value (id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL)',
  );
}

function prepare(sql: string): StatementSync {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  return statement;
}

/**
 * All of one message is one transaction: many requests wait for one commit. If that fails, each is tried alone, since one alone may be at fault; but who
 * keeps one of them from writing keeps all, and they need not wait for that one after the other.
 */
function answerAll(operations: readonly SqliteOperation[]): SqliteAnswers {
  try {
    return transact(operations);
  } catch (error) {
    const failed = err(toStoreError(error));
    const isKnown = (operation: SqliteOperation): boolean => isBusy(error) && isWrite(operation);
    if (operations.length === 1) return [failed];
    return operations.map((operation) => (isKnown(operation) ? failed : answerAlone(operation)));
  }
}

function answerAlone(operation: SqliteOperation): Result<unknown, StoreError> {
  try {
    const [alone] = transact([operation]);
    return alone as Result<unknown, StoreError>;
  } catch (error) {
    return err(toStoreError(error));
  }
}

/** Throws SQLite's error, and then nothing has happened. */
function transact(operations: readonly SqliteOperation[]): SqliteAnswers {
  try {
    database.exec(operations.some(isWrite) ? 'BEGIN IMMEDIATE' : 'BEGIN');
    const answers = operations.map(answer);
    database.exec('COMMIT');
    return answers;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function isWrite({ at }: SqliteOperation): boolean {
  return at === 'setMany' || at === 'deleteMany' || at === 'increment';
}

function answer(operation: SqliteOperation): Result<unknown, StoreError> {
  if (operation.at === 'getMany') return ok(operation.keys.map(get));
  if (operation.at === 'has') return ok(get(operation.key) !== undefined);
  if (operation.at === 'list') return ok(list(operation.cursor));
  if (operation.at === 'increment') return increment(operation.key, operation.delta);
  if (operation.at === 'setMany')
    for (const [key, value] of operation.pairs) statements.set.run(Buffer.from(key), value);
  else for (const key of operation.keys) statements.delete.run(Buffer.from(key));
  return OK;
}

function get(key: string): Uint8Array | undefined {
  return statements.get.get(Buffer.from(key))?.['value'] as Uint8Array | undefined;
}

function list(cursor: bigint): KeyPage {
  if (cursor > MAX_S64) return { keys: [], cursor: undefined };
  const rows = statements.list.all(cursor, PAGE_KEYS + 1) as unknown as { id: bigint; key: Uint8Array }[];
  const page = rows.slice(0, PAGE_KEYS);
  return {
    keys: page.map(({ key }) => Buffer.from(key).toString()),
    cursor: rows.length > PAGE_KEYS ? page.at(-1)?.id : undefined,
  };
}

function increment(key: string, delta: bigint): Result<bigint, StoreError> {
  const sum = addTo(get(key), delta);
  if (sum.tag === 'ok') statements.set.run(Buffer.from(key), toValue(sum.val));
  return sum;
}

/** SQLite's own words name no path: `database or disk is full`. */
function toStoreError(error: unknown): StoreError {
  const { errstr = 'the store failed', message } = error as { readonly errstr?: string; readonly message?: string };
  return { message: errstr, cause: message ?? String(error) };
}
