import cluster from 'node:cluster';
import { HostError } from '../../util/host-error.ts';
import type { Closing } from '../finish.ts';
import type { Terminal } from '../terminal.ts';
import type { Begin, FromWorker, ToWorker, Up } from './messages.ts';
import { passWholeLines } from './whole-lines.ts';

/** A worker, as the primary sees it. */
export interface WorkerProcess {
  readonly pid: number;
  /** What it was told to do, once it was. */
  readonly begun: Begin | undefined;
  begin(begin: Begin): void;
  /** Resolves when it listens; `undefined` where it ends without. */
  readonly listening: Promise<Up | undefined>;
  /** Resolves when it has ended and all that it wrote is read. */
  readonly ended: Promise<WorkerEnd>;
  /** Has it finish. `waiting` is 0 where it ends without an answer, and so is the number of those cancelled. */
  close(): { readonly waiting: Promise<number>; readonly closed: Closing['closed'] };
  kill(): void;
}

export interface WorkerEnd {
  /** `ended with code 1`, `was ended by SIGKILL`. */
  readonly how: string;
  /** What the operator has to act on, where it said that. */
  readonly failure: HostError | undefined;
  readonly isClean: boolean;
}

/** Starts one, which waits for its `begin`. What it writes goes to `terminal`. */
export function startWorker(terminal: Terminal): WorkerProcess {
  const worker = cluster.fork();
  const { stdout, stderr, pid = 0 } = worker.process;
  if (stdout !== null) passWholeLines(stdout, terminal.stdout);
  if (stderr !== null) passWholeLines(stderr, terminal.stderr);
  const listening = Promise.withResolvers<Up | undefined>();
  const waiting = Promise.withResolvers<number>();
  const closed = Promise.withResolvers<number>();
  let failure: HostError | undefined;
  let begun: Begin | undefined;
  worker.on('message', (message: FromWorker) => {
    if (message.at === 'listening') listening.resolve(message);
    else if (message.at === 'failed') failure = new HostError(message.code, message.message);
    else if (message.at === 'closing') waiting.resolve(message.waiting);
    else closed.resolve(message.cancelled);
  });
  const ended = new Promise<WorkerEnd>((resolve) => {
    worker.process.on('close', (code: number | null, signal: string | null) => {
      const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
      resolve({ how, failure, isClean: code === 0 });
    });
    worker.on('error', ({ message }) => resolve({ how: `failed: ${message}`, failure, isClean: false }));
  });
  void ended.then(() => {
    listening.resolve(undefined);
    waiting.resolve(0);
    closed.resolve(0);
  });
  // One that ends does not take the message; that it ends is seen above.
  const tell = (message: ToWorker): void => void worker.send(message, () => undefined);
  return {
    pid,
    get begun() {
      return begun;
    },
    begin: (begin) => {
      begun = begin;
      tell(begin);
    },
    listening: listening.promise,
    ended,
    close: () => {
      tell({ at: 'stop' });
      return { waiting: waiting.promise, closed: closed.promise };
    },
    kill: () => void worker.process.kill('SIGKILL'),
  };
}
