import { setFlagsFromString } from 'node:v8';
import { collectLess } from './cli/collect-less.ts';
import { keepCompiledCode } from './cli/compiled-code.ts';

/** Late enough to be after the first requests. */
const STARTED_AFTER_MS = 3000;

// By default, SIGUSR1 opens Node's inspector, which can read and change the whole process. Workers start here too.
process.on('SIGUSR1', () => undefined);
const args = process.argv.slice(2);
const writeCompiledCode = keepCompiledCode(args, process.env);
// V8's parallel scavenger threads compete for the core that the server runs on: a single thread finishes sooner.
setFlagsFromString('--no-parallel-scavenge');
setTimeout(() => {
  writeCompiledCode();
  // Compiled code is valid only under the flags under which it was written, that of Node's own modules included: under these it would be compiled anew.
  collectLess();
}, STARTED_AFTER_MS).unref();
const { runProcess } = await import('./cli/run-process.ts');
await runProcess(args);
