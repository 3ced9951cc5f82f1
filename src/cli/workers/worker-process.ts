import { type ChildProcess, fork } from 'node:child_process';
import { HostError } from '../../util/host-error.ts';
import type { Closing } from '../serve/finish.ts';
import type { Terminal } from '../terminal.ts';
import type { Begin, FromWorker, ToWorker, Up } from './messages.ts';
import { STALL_SIGNAL } from '../stall/end-process.ts';
import { WorkerMetrics } from './worker-metrics.ts';
import { WorkerTurns } from './worker-turns.ts';
import { passWholeLines } from './whole-lines.ts';

/** A worker, as the primary sees it. */
export interface WorkerProcess {
  readonly pid: number;
  begin(begin: Begin): void;
  /** Resolves when it listens; `undefined` where it ends without. */
  readonly listening: Promise<Up | undefined>;
  /** Whether it has said so. */
  readonly isListening: boolean;
  readonly metrics: WorkerMetrics;
  readonly turns: WorkerTurns;
  /** Resolves when it has ended and all that it wrote is read. */
  readonly ended: Promise<WorkerEnd>;
  /** Has it finish. `waiting` is 0 where it ends without an answer, and so is the number of those cancelled. */
  close(): { readonly waiting: Promise<number>; readonly closed: Closing['closed'] };
  kill(): void;
}

export interface WorkerEnd {
  /** `ended with code 1`, `was ended by SIGKILL`. */
  readonly how: string;
  /** Whether it ended itself because its event loop stood still. */
  readonly isStalled: boolean;
  /** What the operator has to act on, where it said that. */
  readonly failure: HostError | undefined;
  readonly isClean: boolean;
}

/** How a worker is started. */
export interface WorkerSource {
  readonly args: readonly string[];
  /** The descriptor that it inherits beside those of its streams and its channel. */
  readonly fd: number;
}

/** Starts one, which waits for its `begin`. What it writes goes to `terminal`. Where no process can be had, it has ended. */
export function startWorker(source: WorkerSource, terminal: Terminal): WorkerProcess {
  const worker = forkOne(source);
  if (worker instanceof Error) return stillborn(worker);
  const listening = Promise.withResolvers<Up | undefined>();
  const waiting = Promise.withResolvers<number>();
  const closed = Promise.withResolvers<number>();
  let failure: HostError | undefined;
  let isListening = false;
  worker.on('message', (message: FromWorker) => {
    turns.answered();
    if (message.at === 'listening') {
      isListening = true;
      listening.resolve(message);
    } else if (message.at === 'failed') failure = new HostError(message.code, message.message);
    else if (message.at === 'metrics') metrics.tell(message.records);
    else if (message.at === 'closing') waiting.resolve(message.waiting);
    else if (message.at === 'closed') closed.resolve(message.cancelled);
  });
  const ended = endOf(worker).then((how): WorkerEnd => {
    listening.resolve(undefined);
    waiting.resolve(0);
    closed.resolve(0);
    return { how, isStalled: how === STALLED, failure, isClean: how === CLEAN };
  });
  passOutput(worker, terminal);
  // One that ends does not take the message; that it ends is seen above.
  const tell = (message: ToWorker): void => {
    if (worker.connected) worker.send(message, () => undefined);
  };
  const metrics = new WorkerMetrics(() => tell({ at: 'metrics' }));
  const turns = new WorkerTurns(() => tell({ at: 'turn' }));
  return {
    pid: worker.pid ?? 0,
    begin: tell,
    listening: listening.promise,
    get isListening() {
      return isListening;
    },
    metrics,
    turns,
    ended,
    close: () => {
      tell({ at: 'stop' });
      return { waiting: waiting.promise, closed: closed.promise };
    },
    kill: () => void worker.kill('SIGKILL'),
  };
}

const CLEAN = 'ended with code 0';
const STALLED = `stood still and ended itself (${STALL_SIGNAL})`;

/** Node throws for some reasons why there is no process, and tells of others by an event. */
function forkOne({ args, fd }: WorkerSource): ChildProcess | Error {
  try {
    // The entry and Node's own flags are this process's. Bytes of a component take `advanced`.
    return fork(process.argv[1] ?? '', args, {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', fd],
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Resolves with how it ended, when all that it wrote is read. */
function endOf(worker: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    worker.on('close', (code: number | null, signal: string | null) => {
      if (signal === null) resolve(`ended with code ${code}`);
      else resolve(signal === STALL_SIGNAL ? STALLED : `was ended by ${signal}`);
    });
    worker.on('error', ({ message }) => {
      // Of a process that is there, its end follows.
      if (worker.pid === undefined) resolve(toFailure(message));
    });
  });
}

function toFailure(message: string): string {
  return `failed: ${message}`;
}

function passOutput({ stdout, stderr }: ChildProcess, terminal: Terminal): void {
  // Where there is no process, there may be no streams.
  if (stdout) passWholeLines(stdout, terminal.stdout);
  if (stderr) passWholeLines(stderr, terminal.stderr);
}

function stillborn({ message }: Error): WorkerProcess {
  const none = Promise.resolve(0);
  return {
    pid: 0,
    begin: () => undefined,
    listening: Promise.resolve(undefined),
    isListening: false,
    metrics: new WorkerMetrics(() => undefined),
    turns: new WorkerTurns(() => undefined),
    ended: Promise.resolve({ how: toFailure(message), isStalled: false, failure: undefined, isClean: false }),
    close: () => ({ waiting: none, closed: none }),
    kill: () => undefined,
  };
}
