import { type ChildProcess, fork } from 'node:child_process';
import { HostError } from '../../util/host-error.ts';
import type { Closing } from '../serve/finish.ts';
import type { Terminal } from '../terminal.ts';
import type { Begin, FromWorker, StopTime, ToWorker, WorkerListening } from './messages.ts';
import { STALL_SIGNAL } from '../stall/end-process.ts';
import { WorkerMetrics } from './worker-metrics.ts';
import { WorkerProfile } from './worker-profile.ts';
import { WorkerTurns } from './worker-turns.ts';
import { passWholeLines } from './whole-lines.ts';

/** A worker, as the primary sees it. */
export interface WorkerProcess {
  readonly pid: number;
  begin(begin: Begin): void;
  /** Resolves when the worker listens; to `undefined` if it ends before that. */
  readonly listening: Promise<WorkerListening | undefined>;
  /** Whether the worker has reported that it listens. */
  readonly isListening: boolean;
  readonly metrics: WorkerMetrics;
  readonly profile: WorkerProfile;
  readonly turns: WorkerTurns;
  /** Resolves when the worker has ended and all its output has been read. */
  readonly ended: Promise<WorkerEnd>;
  /** Tells the worker to finish, immediately or when the others have settled. */
  close(when: StopTime): WorkerClosing;
  /** Tells one that stops after the others that it may. */
  othersSettled(): void;
  kill(): void;
}

/** The end of a worker's work. If it ends without answering, `waiting` and the number of cancelled requests are 0. */
export interface WorkerClosing {
  /** The number of its requests. */
  readonly waiting: Promise<number>;
  /** Resolves when no further request can reach it. */
  readonly settled: Promise<void>;
  readonly closed: Closing['closed'];
}

export interface WorkerEnd {
  /** `exited with code 1`, `was killed by SIGKILL`. */
  readonly how: string;
  /** Whether the worker ended itself because its event loop stalled. */
  readonly isStalled: boolean;
  /** What the operator must fix, if the worker reported it. */
  readonly failure: HostError | undefined;
  readonly isClean: boolean;
}

/** How a worker is started. */
export interface WorkerSource {
  readonly args: readonly string[];
  /** The descriptors that it inherits, besides those of its streams and its channel. */
  readonly fds: readonly number[];
  /** Called with the number of its connections when the first opens and the last closes; with 0 when it ends. */
  readonly onConnections: (open: number) => void;
}

/** Starts a worker, which waits for its `begin`. Its output goes to `terminal`. If no process can be created, returns a worker that has already ended. */
export function startWorker(source: WorkerSource, terminal: Terminal): WorkerProcess {
  const worker = forkOne(source);
  if (worker instanceof Error) return failedWorker(worker);
  const listening = Promise.withResolvers<WorkerListening | undefined>();
  const waiting = Promise.withResolvers<number>();
  const settled = Promise.withResolvers<void>();
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
    else if (message.at === 'profile') profile.answered(message);
    else if (message.at === 'closing') waiting.resolve(message.waiting);
    else if (message.at === 'connections') source.onConnections(message.open);
    else if (message.at === 'settled') settled.resolve();
    else if (message.at === 'closed') closed.resolve(message.cancelled);
  });
  const ended = endOf(worker).then((how): WorkerEnd => {
    listening.resolve(undefined);
    waiting.resolve(0);
    settled.resolve();
    closed.resolve(0);
    profile.ended();
    source.onConnections(0);
    return { how, isStalled: how === STALLED, failure, isClean: how === CLEAN };
  });
  passOutput(worker, terminal);
  // A worker that is ending may not take the message; its end is handled above.
  const tell = (message: ToWorker): void => {
    if (worker.connected) worker.send(message, () => undefined);
  };
  const metrics = new WorkerMetrics(() => tell({ at: 'metrics' }));
  const profile = new WorkerProfile(tell);
  const turns = new WorkerTurns(() => tell({ at: 'turn' }));
  return {
    pid: worker.pid ?? 0,
    begin: tell,
    listening: listening.promise,
    get isListening() {
      return isListening;
    },
    metrics,
    profile,
    turns,
    ended,
    close: (when) => {
      tell({ at: 'stop', when });
      return { waiting: waiting.promise, settled: settled.promise, closed: closed.promise };
    },
    othersSettled: () => tell({ at: 'others-settled' }),
    kill: () => void worker.kill('SIGKILL'),
  };
}

const CLEAN = 'exited with code 0';
const STALLED = `stalled and ended itself (${STALL_SIGNAL})`;

/** Node throws for some reasons why a process cannot be created, and emits `error` for others. */
function forkOne({ args, fds }: WorkerSource): ChildProcess | Error {
  try {
    // The entry point and Node's own flags are those of this process. `advanced` is needed to send a component's bytes.
    return fork(process.argv[1] ?? '', args, {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', ...fds],
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Resolves to how the worker ended, once all its output has been read. */
function endOf(worker: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    worker.on('close', (code: number | null, signal: string | null) => {
      if (signal === null) resolve(`exited with code ${code}`);
      else resolve(signal === STALL_SIGNAL ? STALLED : `was killed by ${signal}`);
    });
    worker.on('error', ({ message }) => {
      // If the process exists, its `close` event follows.
      if (worker.pid === undefined) resolve(toFailure(message));
    });
  });
}

function toFailure(message: string): string {
  return `failed to start: ${message}`;
}

function passOutput({ stdout, stderr }: ChildProcess, terminal: Terminal): void {
  // If the process could not be created, there may be no streams.
  if (stdout) passWholeLines(stdout, terminal.stdout);
  if (stderr) passWholeLines(stderr, terminal.stderr);
}

/** Stands for a worker whose process could not be created. */
function failedWorker({ message }: Error): WorkerProcess {
  const none = Promise.resolve(0);
  return {
    pid: 0,
    begin: () => undefined,
    listening: Promise.resolve(undefined),
    isListening: false,
    metrics: new WorkerMetrics(() => undefined),
    profile: new WorkerProfile(() => undefined),
    turns: new WorkerTurns(() => undefined),
    ended: Promise.resolve({ how: toFailure(message), isStalled: false, failure: undefined, isClean: false }),
    close: () => ({ waiting: none, settled: Promise.resolve(), closed: none }),
    othersSettled: () => undefined,
    kill: () => undefined,
  };
}
