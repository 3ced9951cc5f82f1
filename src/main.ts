import { keepCompiledCode } from './cli/compiled-code.ts';

const args = process.argv.slice(2);
keepCompiledCode(args, process.env);
const [{ reportBug, run }, { createTerminal }] = await Promise.all([
  import('./cli/run.ts'),
  import('./cli/terminal.ts'),
]);

const terminal = createTerminal();
process.on('uncaughtException', (error) => reportBug(error, terminal));
process.exit(await run(args, terminal));
