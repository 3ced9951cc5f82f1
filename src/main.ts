import { setFlagsFromString } from 'node:v8';
import { keepCompiledCode } from './cli/compiled-code.ts';

// Node would open its inspector, from which all of the process can be read and changed. Workers too begin here.
process.on('SIGUSR1', () => undefined);
const args = process.argv.slice(2);
keepCompiledCode(args, process.env);
// The threads with which V8 shares out a collection of young objects wait for the core that the server runs on: alone it is done sooner.
setFlagsFromString('--no-parallel-scavenge');
// As far as V8 itself would at its best let the heap grow between full collections. Each call that may wait leaves some old objects, so that
// these collections come by the request; their threads too wait for that core, or take it from the server.
setFlagsFromString('--heap-growing-percent=300');
const [{ run }, { createTerminal }] = await Promise.all([import('./cli/run.ts'), import('./cli/terminal.ts')]);

const terminal = createTerminal();
process.on('uncaughtException', (error) => terminal.bugs.report(error));
process.exit(await run(args, terminal));
