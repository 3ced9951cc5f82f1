// Measures our host beside a floor without guests, jco serve and wasmtime serve. `npm run bench -- --help`
import { USAGE, parseOptions } from './options.ts';
import { messageOf } from '../../src/compare/machine/processes.ts';
import { run } from './run.ts';

process.chdir(`${import.meta.dirname}/../..`);
process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => interruption.abort(new Error(`interrupted by ${name}`)));
  }
  try {
    const options = parseOptions(args);
    if (options !== undefined) return await run(options, toCommandLine(args), interruption.signal);
    process.stdout.write(USAGE);
    return 0;
  } catch (error) {
    process.stderr.write(`bench: ${messageOf(error)}\n`);
    return 2;
  }
}

/** As one would type it. */
function toCommandLine(args: readonly string[]): string {
  const quoted = args.map((arg) => (/[^\w,.=/-]/.test(arg) ? `'${arg}'` : arg));
  return ['npm run bench', ...(args.length > 0 ? ['--', ...quoted] : [])].join(' ');
}
