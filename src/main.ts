import { setFlagsFromString } from 'node:v8';
import { keepCompiledCode } from './cli/compiled-code.ts';

// By default, SIGUSR1 opens Node's inspector, which can read and change the whole process. Workers start here too.
process.on('SIGUSR1', () => undefined);
const args = process.argv.slice(2);
keepCompiledCode(args, process.env);
// V8's parallel scavenger threads compete for the core that the server runs on: a single thread finishes sooner.
setFlagsFromString('--no-parallel-scavenge');
// The most that V8 itself lets the heap grow between full collections. Each call that may wait leaves some old objects, so that these
// collections depend on the number of requests, and their threads, too, compete with the server for the core.
setFlagsFromString('--heap-growing-percent=300');
const [{ run }, { createTerminal }] = await Promise.all([import('./cli/run.ts'), import('./cli/terminal.ts')]);

const terminal = createTerminal();
process.on('uncaughtException', (error) => terminal.bugs.report(error));
process.exit(await run(args, terminal));
