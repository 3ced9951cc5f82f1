import { Worker } from 'node:worker_threads';
import type { ComponentSource } from '../../component/source.ts';
import type { LogEvent } from '../../observe/log.ts';
import { formatBytes, formatDuration } from '../../util/format.ts';
import type { Voice } from './logs.ts';

/** How long one waits without a word. */
const PATIENCE_MS = 300;
/** Components below this are ready before anybody's patience ends. */
const MIN_BYTES = 1024 * 1024;
/** A start that is over by then, or between two of whose turns patience ends, needs no thread: starting one takes as long as a small start. */
const THREAD_AFTER_MS = 100;
/** Who spoke first: nobody yet, someone who waited, or the work, which was done before. */
const [WAITING, SAID, DONE] = [0, 1, 2];

/**
 * The thread that says that it takes a while: jco's transpiler holds the main thread, where no timer would fire.
 *
 * Source text, because a worker's file would be needed under two names, before and after `npm run build`.
 */
const ANNOUNCER = `
const { workerData: { line, state, patienceMs } } = require('node:worker_threads');
setTimeout(() => {
  if (Atomics.compareExchange(state, 0, ${WAITING}, ${SAID}) === ${WAITING}) require('node:fs').writeSync(2, line);
}, patienceMs);
`;

/** Does `work` on a component; if that takes a while, says so on stderr and how long it took. */
export async function sayIfSlow<T>(
  { label, bytes: { byteLength } }: ComponentSource,
  voice: Voice,
  work: () => Promise<T>,
): Promise<T> {
  if (byteLength < MIN_BYTES) return work();
  const startedMs = performance.now();
  const state = new Int32Array(new SharedArrayBuffer(4));
  const event = notice(`Preparing ${label} (${formatBytes(byteLength)}) …`);
  let announcer: Worker | undefined;
  const timer = setTimeout(() => {
    const patienceMs = PATIENCE_MS - (performance.now() - startedMs);
    if (patienceMs > 0) announcer = startAnnouncer({ line: voice.format(event), state, patienceMs });
    else if (Atomics.compareExchange(state, 0, WAITING, SAID) === WAITING) voice.log(event);
  }, THREAD_AFTER_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    const wasSaid = Atomics.compareExchange(state, 0, WAITING, DONE) === SAID;
    if (wasSaid) voice.log(notice(` ready in ${formatDuration(performance.now() - startedMs)}`));
    void announcer?.terminate();
  }
}

/** What the thread says, and when unless `state` tells that it is too late. */
type Announcement = { readonly line: string; readonly state: Int32Array; readonly patienceMs: number };

function startAnnouncer(announcement: Announcement): Worker {
  const announcer = new Worker(ANNOUNCER, { eval: true, workerData: announcement });
  announcer.on('error', () => undefined);
  announcer.unref();
  return announcer;
}

function notice(message: string): LogEvent {
  return { at: 'notice', level: 'info', message };
}
