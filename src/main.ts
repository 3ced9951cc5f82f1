import { reportBug, run } from './cli/run.ts';
import { createTerminal } from './cli/terminal.ts';

const terminal = createTerminal();
process.on('uncaughtException', (error) => reportBug(error, terminal));
process.exit(await run(process.argv.slice(2), terminal));
