// Runs each attack of components/hostile/ for a while, in each engine and isolation, next to a good guest in the same process, and prints a line for each.
// Takes minutes; run it by hand.
//   npm run attacks [-- NAME…]     only those whose name contains one of these, such as control/grow
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectRaw, rawGet } from '../test/harness/raw-client.ts';
import { LOAD_WAYS } from '../test/harness/guests.ts';
import type { Order, Report } from '../test/hostile/attack-host.ts';
import { ATTACKS, type Attack, attacksIn, nameOf } from '../test/hostile/attacks.ts';
import { type Target, strike } from '../test/hostile/run-attack.ts';

/** How long each attack runs. */
const ATTACK_MS = Number(process.env['ATTACK_MS'] ?? 1000);
/** The attackers' concurrent requests. */
const STRIKERS = 4;
/** The pause between two requests of the neighbour's client. */
const PAUSE_MS = 2;

const host = fork(`${import.meta.dirname}/../test/hostile/attack-host.ts`, { execArgv: ['--expose-gc'] });
host.once('exit', (code) => {
  if (host.connected || code !== 0) console.error(`the host process exited with ${code}: an attack succeeded`);
  process.exitCode ??= 1;
});
const neighbour = (await nextReport()) as Target;
await measure(neighbour.origin, sleep(ATTACK_MS));
const aloneMs = percentile(await measure(neighbour.origin, sleep(5 * ATTACK_MS)), 0.99);
const width = Math.max(...ATTACKS.map((attack) => nameOf(attack).length));
let worst = 0;
let survived = 0;
let made = 0;

console.log(`the neighbour's p99 without attacks: ${aloneMs.toFixed(1)} ms`);
for (const way of LOAD_WAYS) {
  console.log(
    `\n${`${way.engine} ${way.isolation}`.padEnd(width)}  outcome        times       p99    times     worst  RSS after`,
  );
  for (const [index, attack] of attacksIn(way).entries()) {
    if (isWanted(attack)) await tryAttack(attack, { way, attack: index });
  }
}
console.log(
  `${made} attacks, ${survived} with the expected outcome; the neighbour's worst p99 is ${worst.toFixed(0)} times that without attacks`,
);
process.exitCode = survived === made ? 0 : 1;
host.disconnect();

type Left = Exclude<Report, Target | 'refused'>;

/** Runs an attack for a while, and prints a line with its outcome. */
async function tryAttack(attack: Attack, order: Order): Promise<void> {
  const outcomes: (number | string)[] = [];
  const loading = ask(order) as Promise<Target | 'refused'>;
  const besideLoading = await measure(neighbour.origin, loading);
  const target = await loading;
  if (target === 'refused') outcomes.push(target);
  const beside = target === 'refused' ? besideLoading : await measure(neighbour.origin, strikeOn(target, outcomes));
  const { rss } = (await ask('end')) as Left;
  const isAsTold = outcomes.every((outcome) => outcome === attack.outcome);
  const p99 = percentile(beside, 0.99);
  made += 1;
  survived += isAsTold ? 1 : 0;
  worst = Math.max(worst, p99 / aloneMs);
  const cells = [
    nameOf(attack).padEnd(width),
    [...new Set(outcomes)].join(' ').padEnd(12),
    `${outcomes.length}`.padStart(6),
    formatMs(p99),
    (p99 / aloneMs).toFixed(1).padStart(7),
    formatMs(percentile(beside, 1)),
    `${Math.round(rss / 2 ** 20)} MiB`.padStart(8),
  ];
  console.log(`${cells.join('  ')}${isAsTold ? '' : `   expected ${attack.outcome}`}`);
}

/** Whether an attack is among the named ones; all are if none is named. */
function isWanted(attack: Attack): boolean {
  const parts = process.argv.slice(2);
  return parts.length === 0 || parts.some((part) => nameOf(attack).includes(part));
}

async function ask(order: Order): Promise<Report> {
  const report = nextReport();
  host.send(order);
  return await report;
}

async function nextReport(): Promise<Report> {
  const [report] = (await once(host, 'message')) as [Report];
  return report;
}

async function strikeOn(target: Target, outcomes: (number | string)[]): Promise<void> {
  const endMs = performance.now() + ATTACK_MS;
  const striker = async (): Promise<void> => {
    while (performance.now() < endMs) outcomes.push(await strike(target));
  };
  await Promise.all(Array.from({ length: STRIKERS }, striker));
}

/** How long each of the neighbour's requests takes while `during` runs, in milliseconds. */
async function measure(origin: string, during: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const over = new AbortController();
  void during.finally(() => over.abort());
  await using client = await connectRaw(origin);
  while (!over.signal.aborted) {
    const startMs = performance.now();
    await client.send(rawGet('/'));
    const { status } = await client.readReply();
    if (status !== 200) throw new Error(`the neighbour's reply is ${status}`);
    times.push(performance.now() - startMs);
    await sleep(PAUSE_MS);
  }
  await during;
  return times;
}

function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function formatMs(ms: number): string {
  return `${ms.toFixed(1)} ms`.padStart(9);
}
