// Everything that can be checked without running the code. All checks run concurrently; those that fail print why.
import { spawn } from 'node:child_process';

type Check = { readonly name: string; readonly command: readonly [string, ...string[]]; readonly remedy: string };

const checks: readonly Check[] = [
  { name: 'types', command: ['tsc'], remedy: 'see the messages above' },
  { name: 'lint', command: ['oxlint'], remedy: 'see the messages above; the rules are in .oxlintrc.json' },
  {
    name: 'layers',
    command: ['node', 'scripts/check-layers.ts'],
    remedy: 'see the messages above; the table is in scripts/check-layers.ts',
  },
  {
    name: 'names',
    command: ['node', 'scripts/check-names.ts'],
    remedy: 'rename the file or what it exports; what is excused is in scripts/check-names.ts',
  },
  { name: 'format', command: ['oxfmt', '--check'], remedy: 'run `npm run format`' },
  { name: 'dead code', command: ['knip'], remedy: 'remove unused code, or its `export`' },
  { name: 'guests', command: ['node', 'scripts/check-guests.ts'], remedy: 'write the test, or remove the guest' },
  { name: 'components', command: ['node', 'scripts/components.ts', '--check'], remedy: 'run `npm run components`' },
];

process.chdir(`${import.meta.dirname}/..`);
const failed = (await Promise.all(checks.map(report))).filter((passed) => !passed).length;
console.log(failed === 0 ? `${checks.length} checks passed` : `${failed} of ${checks.length} checks failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function report(check: Check): Promise<boolean> {
  const start = performance.now();
  const { code, output } = await run(check.command);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (code === 0) {
    console.log(`ok      ${check.name} (${seconds} s)`);
    return true;
  }
  console.log(`${output.trimEnd()}\nFAILED  ${check.name} (${seconds} s): ${check.remedy}`);
  return false;
}

/** Prints each check's output in one piece, so that the output of concurrent checks does not mix. */
async function run([command, ...args]: Check['command']): Promise<{ code: number | null; output: string }> {
  // npm puts node_modules/.bin first on PATH; a shell may not.
  const env = { ...process.env, PATH: `node_modules/.bin:${process.env['PATH'] ?? ''}` };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on('error', (error) => {
    output += error.message;
    resolve(null);
  });
  child.on('close', resolve);
  return { code: await promise, output };
}
