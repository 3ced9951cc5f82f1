// What a start takes on Linux, from the start of the process to the end of its first reply: wall time, CPU time of all threads and of the main one, memory.
//   node scripts/bench/inside/starts.ts GUEST ROUNDS COMMAND...
// A command is what starts a server but for the guest, as 'node dist/bin.js'; a component's file is put behind it. Commands take turns. Each is started once
// before, long enough for it to write what the next start can use. Prints medians, and in brackets the least.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readProcessFile } from '../../../src/compare/machine/process-tree.ts';
import { median } from '../../../src/compare/numbers.ts';

const MIB = 1024 * 1024;
/** Longer than what is written after a start waits. */
const KEEPING_MS = 6000;

interface Start {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly mainMs: number;
  readonly residentMib: number;
}

const [guest = 'hello', rounds = '11', ...commands] = process.argv.slice(2);
const started = new Map(commands.map((command) => [command, [] as Start[]]));
for (const command of commands) await start(command, KEEPING_MS);
for (let round = 0; round < Number(rounds); round += 1) {
  for (const [command, starts] of started) starts.push(await start(command, 0));
}
for (const [command, starts] of started) console.log(`${command}: ${describe(starts)}`);

async function start(command: string, lingerMs: number): Promise<Start> {
  const beganMs = performance.now();
  const [file, ...args] = [...command.split(' '), `components/${guest}/${guest}.wasm`, '--addr', '127.0.0.1:0'];
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  try {
    let origin: string | undefined;
    while ((origin = /Serving HTTP on (\S+)/.exec(text)?.[1]) === undefined) {
      await Promise.race([once(child.stderr, 'data'), ended.then(() => Promise.reject(new Error(text)))]);
    }
    await (await fetch(origin)).bytes();
    const wallMs = performance.now() - beganMs;
    const pid = child.pid as number;
    const found = { wallMs, ...cpuOf(pid), residentMib: residentBytes(pid) / MIB };
    await sleep(lingerMs);
    return found;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

/** Of threads that have not ended. Source: Linux, Documentation/scheduler/sched-stats.rst: the first number is nanoseconds on a processor. */
function cpuOf(pid: number): Pick<Start, 'cpuMs' | 'mainMs'> {
  const threads = readdirSync(`/proc/${pid}/task`).map((id) => ({ id, ms: threadMs(pid, id) }));
  const mainMs = threads.find(({ id }) => id === String(pid))?.ms ?? 0;
  return { mainMs, cpuMs: threads.reduce((sum, { ms }) => sum + ms, 0) };
}

function threadMs(pid: number, id: string): number {
  return Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readProcessFile(pid, 'status'))?.[1]) * 1024;
}

function describe(starts: readonly Start[]): string {
  const of = (key: keyof Start): string => {
    const numbers = starts.map((one) => one[key]);
    return `${Math.round(median(numbers))} (${Math.round(Math.min(...numbers))})`;
  };
  return `CPU ${of('cpuMs')} ms, main thread ${of('mainMs')} ms, wall ${of('wallMs')} ms, ${of('residentMib')} MiB`;
}
