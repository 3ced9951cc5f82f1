// What V8 takes for functions that are just within the limits on compiling: `node scripts/bench/inside/compile-bombs.ts`. A process for each kind and compiler.
import { execFileSync } from 'node:child_process';
import { createHost, loadComponent } from '../../../src/index.ts';
import { assembleFields } from '../../../test/hostile/assemble.ts';
import { BOMBS } from '../../../test/hostile/bombs.ts';

const COMPILERS = ['--liftoff-only', '--no-liftoff'];

/** Of the limit: some take more than half of it by themselves. */
const SHARE = 0.9;

const [index] = process.argv.slice(2);
if (index === undefined) measureAll();
else console.log(await measure(Number(index)));

function measureAll(): void {
  for (const [at, { name }] of BOMBS.entries()) {
    const results = COMPILERS.map((flag) => {
      const args = [flag, '--no-warnings', import.meta.filename, `${at}`];
      return `${flag} ${execFileSync(process.execPath, args, { encoding: 'utf8' }).trim()}`;
    });
    console.log(`${name.padEnd(48)} ${results.join('   ')}`);
  }
}

/** The first request compiles the function on the thread, the second finds it compiled. */
async function measure(at: number): Promise<string> {
  const bomb = BOMBS[at];
  if (bomb === undefined) throw new Error(`there is no bomb ${at}`);
  const fields = bomb.toFields(Math.floor(bomb.limit * SHARE));
  const component = await loadComponent(await assembleFields(fields), { engine: 'linker', cache: false });
  await using host = createHost(component);
  const before = process.resourceUsage().maxRSS;
  const [first, second] = [await timeRequest(host), await timeRequest(host)];
  const mib = (process.resourceUsage().maxRSS - before) / 1024;
  return `${(first - second).toFixed(0)} ms, ${mib.toFixed(0)} MiB`;
}

/** CPU time of the thread, in ms. */
async function timeRequest(host: ReturnType<typeof createHost>): Promise<number> {
  const start = process.threadCpuUsage();
  await (await host.fetch(new Request('http://localhost/'))).text();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000;
}
