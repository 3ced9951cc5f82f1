import { setFlagsFromString } from 'node:v8';
import { collectLess } from './collect-less.ts';

/** Late enough to be after the first requests. */
const STARTED_AFTER_MS = 3000;

/** Four times Node's own number. */
const POOL_THREADS = '16';

/**
 * Sets what holds for the whole process of a command, and calls `whenStarted` some time after its start. Returns the environment as it was given, which
 * guests may inherit.
 */
export function setUpProcess(whenStarted: () => void): NodeJS.ProcessEnv {
  const env = { ...process.env };
  // By default, SIGUSR1 opens Node's inspector, which can read and change the whole process. Workers start here too.
  process.on('SIGUSR1', () => undefined);
  // Idle threads of libuv's pool cost little, and a file system or a server of names that does not answer holds some. `compare` starts other servers too.
  if (process.argv[2] !== 'compare') process.env['UV_THREADPOOL_SIZE'] ??= POOL_THREADS;
  // V8's parallel scavenger threads compete for the core that the server runs on: a single thread finishes sooner.
  setFlagsFromString('--no-parallel-scavenge');
  setTimeout(() => {
    whenStarted();
    // Compiled code is valid only under the flags under which it was written, that of Node's own modules included: under these it would be compiled anew.
    collectLess();
  }, STARTED_AFTER_MS).unref();
  return env;
}
