import { Worker } from 'node:worker_threads';
import { ownFile } from '../../util/own-file.ts';
import { type Result, err } from '../../util/result.ts';
import type { KeyPage, KeyValuePair, KeyValueStore, StoreError } from './key-value-store.ts';
import type { SqliteAnswers, SqliteOperation, SqliteTask } from './sqlite-thread.ts';

/** Asked for when a store is opened: while the executable is made, there are no files in it. */
export function sqliteThread(): URL {
  return ownFile('sqlite-thread', import.meta.url);
}

type SqliteAnswer = Result<unknown, StoreError>;

/** An operation that is not answered yet. */
interface Job {
  readonly operation: SqliteOperation;
  readonly signal: AbortSignal;
  readonly answer: (answer: SqliteAnswer) => void;
}

/** Operations of one message, which are one transaction. */
const MAX_JOBS = 256;

const CLOSED: StoreError = Object.freeze({ message: 'the store is closed' });
const GIVEN_UP: StoreError = Object.freeze({ message: 'nobody waits for the answer' });

/**
 * A store in a file of SQLite, which other processes may use too. What has been answered is on the disk.
 *
 * A thread has the file open, and gets one message at a time: what is asked while it works makes up the next one, so that all of it waits for one commit.
 */
export class SqliteStore implements KeyValueStore {
  readonly #task: SqliteTask;
  /** Started by the first operation, and again by the first after it has failed. */
  #thread: Worker | undefined;
  #waiting: Job[] = [];
  /** What the thread works on; empty if it is idle. */
  #sent: readonly Job[] = [];
  #isClosed = false;

  constructor(task: SqliteTask) {
    this.#task = task;
  }

  getMany(keys: readonly string[], signal: AbortSignal): Promise<Result<(Uint8Array | undefined)[], StoreError>> {
    return this.#ask({ at: 'getMany', keys }, signal);
  }

  setMany(pairs: readonly KeyValuePair[], signal: AbortSignal): Promise<Result<undefined, StoreError>> {
    return this.#ask({ at: 'setMany', pairs }, signal);
  }

  deleteMany(keys: readonly string[], signal: AbortSignal): Promise<Result<undefined, StoreError>> {
    return this.#ask({ at: 'deleteMany', keys }, signal);
  }

  has(key: string, signal: AbortSignal): Promise<Result<boolean, StoreError>> {
    return this.#ask({ at: 'has', key }, signal);
  }

  list(cursor: bigint, signal: AbortSignal): Promise<Result<KeyPage, StoreError>> {
    return this.#ask({ at: 'list', cursor }, signal);
  }

  increment(key: string, delta: bigint, signal: AbortSignal): Promise<Result<bigint, StoreError>> {
    return this.#ask({ at: 'increment', key, delta }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const { answer } of this.#waiting.splice(0)) answer(err(CLOSED));
    await this.#thread?.terminate();
  }

  #ask<T>(operation: SqliteOperation, signal: AbortSignal): Promise<Result<T, StoreError>> {
    if (this.#isClosed) return Promise.resolve(err(CLOSED));
    const { promise, resolve } = Promise.withResolvers<SqliteAnswer>();
    this.#waiting.push({ operation, signal, answer: resolve });
    if (this.#sent.length === 0) this.#send();
    return promise as Promise<Result<T, StoreError>>;
  }

  /** Sends what waits to the thread, which is idle. What nobody waits for any longer never begins. */
  #send(): void {
    const jobs: Job[] = [];
    while (jobs.length < MAX_JOBS) {
      const job = this.#waiting.shift();
      if (job === undefined) break;
      if (job.signal.aborted) job.answer(err(GIVEN_UP));
      else jobs.push(job);
    }
    this.#sent = jobs;
    if (jobs.length === 0) {
      // An idle thread keeps no process alive.
      this.#thread?.unref();
      return;
    }
    this.#thread ??= this.#startThread();
    this.#thread.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is a port of Node's
    this.#thread.postMessage(jobs.map(({ operation }) => operation));
  }

  #startThread(): Worker {
    // Imported from a string, because Node with `--input-type` rejects files.
    const code = `import(${JSON.stringify(sqliteThread())})`;
    const thread = new Worker(code, { eval: true, name: 'sqlite', workerData: this.#task });
    let cause: unknown;
    thread.on('message', (answers: SqliteAnswers) => this.#settle((index) => answers[index] as SqliteAnswer));
    thread.on('error', (error) => (cause = error));
    thread.on('exit', () => {
      this.#thread = undefined;
      this.#settle(() => err({ message: 'the store failed', cause }));
    });
    return thread;
  }

  #settle(answerOf: (index: number) => SqliteAnswer): void {
    for (const [index, { answer }] of this.#sent.entries()) answer(answerOf(index));
    this.#send();
  }
}
