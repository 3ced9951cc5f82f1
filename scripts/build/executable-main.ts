// What the executable runs. It may not wait at its top level, and finds its compiled code in itself.
import { isSea } from 'node:sea';
import { runProcess } from '../../src/cli/run-process.ts';
import { setUpProcess } from '../../src/cli/set-up-process.ts';

// V8 takes compiled code only under the flags under which it was written: in Node's own state.
const env = isSea() ? setUpProcess(() => undefined) : process.env;
// `fork` puts what it takes for the file to run before the arguments of a worker.
const args = process.argv.slice(2);
void runProcess(args[0] === process.execPath ? args.slice(1) : args, env);
