import { setFlagsFromString } from 'node:v8';
import { keepCompiledCode } from './cli/compiled-code.ts';

const args = process.argv.slice(2);
keepCompiledCode(args, process.env);
// The threads with which V8 shares out a collection of young objects wait for the core that the server runs on: alone it is done sooner.
setFlagsFromString('--no-parallel-scavenge');
const [{ reportBug, run }, { createTerminal }] = await Promise.all([
  import('./cli/run.ts'),
  import('./cli/terminal.ts'),
]);

const terminal = createTerminal();
process.on('uncaughtException', (error) => reportBug(error, terminal));
process.exit(await run(args, terminal));
