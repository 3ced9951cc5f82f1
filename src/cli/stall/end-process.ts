import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { Worker } from 'node:worker_threads';

/** How long writing the last line may take: its reader may have stopped reading. */
const LAST_LINE_MS = 2000;
/** How long to wait before retrying a descriptor that is full. */
const RETRY_MS = 10;
/** The longest that a signal takes to end the process. */
const SIGNAL_MS = 200;

/** The signal with which a stalled process ends itself: nothing else sends it, and it leaves no core dump. */
export const STALL_SIGNAL = 'SIGALRM';

/**
 * The last line gets its own thread: if nobody reads, only that thread waits. libuv's threads, which would write it otherwise, may all be busy with
 * work for guests.
 */
const WRITER = `
const { writeSync } = require('node:fs');
const nobody = new Int32Array(new SharedArrayBuffer(4));
let left = Buffer.from(require('node:worker_threads').workerData);
while (left.length > 0) {
  try {
    left = left.subarray(writeSync(2, left));
  } catch ({ code }) {
    if (code !== 'EAGAIN' && code !== 'EINTR') break;
    Atomics.wait(nobody, 0, 0, ${RETRY_MS});
  }
}
`;

/**
 * Ends the process from a thread that is not the main one, after writing the line that `toLine` makes to stderr.
 *
 * On such a thread `process.exit` ends only the thread. A signal ends the process whatever its main thread is doing, except for process 1 of a
 * container: the kernel does not deliver to it signals from inside that it does not handle. That one is ended by a breakpoint in V8 instead.
 */
export async function endProcess(toLine: () => Promise<string>): Promise<void> {
  const lastLine = toLine().then(writeLine);
  await Promise.race([lastLine.catch(() => undefined), sleep(LAST_LINE_MS)]);
  for (const signal of [STALL_SIGNAL, 'SIGKILL']) {
    kill(signal);
    await sleep(SIGNAL_MS);
  }
  breakDown();
}

async function writeLine(line: string): Promise<void> {
  await once(new Worker(WRITER, { eval: true, workerData: line }), 'exit');
}

function kill(signal: string): void {
  try {
    process.kill(process.pid, signal);
  } catch {
    // This system lacks the signal: the next one works.
  }
}

/** `%SystemBreak()`, one of V8's test functions, makes the processor raise SIGTRAP, which the kernel delivers even to process 1. */
function breakDown(): void {
  setFlagsFromString('--allow-natives-syntax');
  // Compiled when it runs, after the flag is set: Node's own loader would reject the syntax.
  new Script('%SystemBreak()').runInThisContext();
}
