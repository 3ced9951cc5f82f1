import { describe, expect, test } from 'vitest';
import { loadComponent } from '../../src/index.ts';
import { type LoadWay, TEST_CACHE } from '../harness/guests.ts';
import { type RawClient, connectRaw, rawGet } from '../harness/raw-client.ts';
import { type Served, serveGuest } from '../harness/serve-guest.ts';
import { assembleAttack } from '../hostile/assemble.ts';
import { until } from '../harness/until.ts';

const CLIENTS = 4;

const FRESH: LoadWay = { engine: 'linker', isolation: 'fresh' };
const JCO: LoadWay = { engine: 'jco', isolation: 'fresh' };
const PLACES: readonly (readonly [where: string, file: string, name: string, way: LoadWay])[] = [
  ['when it starts', 'control', 'loop-at-start', FRESH],
  ['when it starts', 'control', 'loop-at-start', JCO],
  ['in post-return', 'control', 'loop-in-post-return', FRESH],
  ['from its first instruction on', 'control', 'loop-before-the-head', JCO],
  ['after it waited', 'hold', 'loop-after-a-wait', JCO],
  ['in realloc after it waited', 'hold', 'loop-in-realloc-after-a-wait', FRESH],
];

describe('of guests that hold the thread while they cannot be suspended', () => {
  test.each(PLACES)('(%s, %s/%s, %j) each has a turn of the event loop to itself', async (_where, file, name, way) => {
    const component = await loadComponent(await assembleAttack(file, name), { cache: TEST_CACHE, ...way });
    await using served = await serveGuest(component, { cpuTimeoutMs: 60, timeoutMs: 60_000 });
    expect(new Set(await turnsOfReplies(served)).size).toBe(CLIENTS);
  });
});

/** The turns of the loop in which the host logs requests that all arrive while the first is answered. */
async function turnsOfReplies({ origin, events }: Served): Promise<number[]> {
  await using clients = new AsyncDisposableStack();
  const all: RawClient[] = [];
  for (let client = 0; client < CLIENTS; client += 1) all.push(clients.use(await connectRaw(origin)));
  let [seen, turn] = [events.all.length, 0];
  const turns: number[] = [];
  const count = (): void => {
    for (; seen < events.all.length; seen += 1) if (events.all[seen]?.at === 'request') turns.push(turn);
    turn += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  for (const client of all) void client.send(rawGet('/'));
  await until(() => turns.length === CLIENTS);
  clearImmediate(next);
  return turns;
}
