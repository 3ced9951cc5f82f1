import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { Worker } from 'node:worker_threads';

/** How long the last line may take: whoever reads it may have stopped. */
const LAST_LINE_MS = 2000;
/** How long until a descriptor that takes nothing is tried again. */
const RETRY_MS = 10;
/** How long a signal takes to end the process, at most. */
const SIGNAL_MS = 200;

/** The signal by which a process ends that stands still: no other thing sends it, and it leaves no core dump. */
export const STALL_SIGNAL = 'SIGALRM';

/**
 * A thread of its own for the last line: it alone waits where nobody reads, and libuv's threads, which would write it otherwise, may all be busy
 * with what guests had them do.
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
 * Ends the process from a thread that is not the main one, after a last line on stderr, which `toLine` makes.
 *
 * There `process.exit` ends the thread only. A signal ends the process whatever its main thread does, but not process 1 of a container: the
 * kernel lets it have no signal from inside that it does not handle. It ends by a breakpoint in V8 instead.
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
    // A system without it: the next one does.
  }
}

/** `%SystemBreak()` of V8's own functions for tests: SIGTRAP by the processor, which the kernel keeps from no process. */
function breakDown(): void {
  setFlagsFromString('--allow-natives-syntax');
  // Compiled when it is run, with the flag: Node's own loader knows no such syntax.
  new Script('%SystemBreak()').runInThisContext();
}
