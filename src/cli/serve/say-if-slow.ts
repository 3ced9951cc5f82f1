import { Worker } from 'node:worker_threads';
import type { ComponentSource } from '../../component/source.ts';
import type { LogEvent } from '../../observe/log.ts';
import { formatBytes, formatDuration } from '../../util/format.ts';
import type { LogSink } from './log-sink.ts';

/** How long a start may take without a message. */
const PATIENCE_MS = 300;
/** Smaller components are ready before that. */
const MIN_BYTES = 1024 * 1024;
/** A start that is over by then, or that turns the event loop in time, needs no thread, which takes as long to start as a small component. */
const THREAD_AFTER_MS = 100;
/** Which came first: neither yet, the message, or the end of the work. */
const [WAITING, SAID, DONE] = [0, 1, 2];

/**
 * The thread that writes the message: while jco's transpiler holds the main thread, no timer fires there.
 *
 * It is source text because the file of a worker would have two names, before and after `npm run build`.
 */
const ANNOUNCER = `
const { workerData: { line, state, patienceMs } } = require('node:worker_threads');
setTimeout(() => {
  if (Atomics.compareExchange(state, 0, ${WAITING}, ${SAID}) === ${WAITING}) require('node:fs').writeSync(2, line);
}, patienceMs);
`;

/** Runs `work` on a component; if it takes a while and somebody watches, logs that, and how long it took. */
export async function sayIfSlow<T>(
  { label, bytes: { byteLength } }: ComponentSource,
  sink: LogSink,
  work: () => Promise<T>,
): Promise<T> {
  if (byteLength < MIN_BYTES || sink.progress === 'hidden') return work();
  const startedMs = performance.now();
  const state = new Int32Array(new SharedArrayBuffer(4));
  const event = notice(`Preparing ${label} (${formatBytes(byteLength)}) …`);
  let announcer: Worker | undefined;
  const timer = setTimeout(() => {
    const patienceMs = PATIENCE_MS - (performance.now() - startedMs);
    if (patienceMs > 0) announcer = startAnnouncer({ line: sink.format(event), state, patienceMs });
    else if (Atomics.compareExchange(state, 0, WAITING, SAID) === WAITING) sink.log(event);
  }, THREAD_AFTER_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    const wasSaid = Atomics.compareExchange(state, 0, WAITING, DONE) === SAID;
    if (wasSaid) sink.log(notice(` ready in ${formatDuration(performance.now() - startedMs)}`));
    void announcer?.terminate();
  }
}

/** What the thread writes, and when, unless `state` says that the work is done. */
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
