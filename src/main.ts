import { keepCompiledCode } from './cli/compiled-code.ts';
import { setUpProcess } from './cli/set-up-process.ts';

const args = process.argv.slice(2);
const env = setUpProcess(keepCompiledCode(args, process.env));
const { runProcess } = await import('./cli/run-process.ts');
await runProcess(args, env);
