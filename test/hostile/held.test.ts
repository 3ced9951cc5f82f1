import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { outcomeOf } from '../harness/outcome.ts';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import type { Targets, Weight } from './held-host.ts';

/** So much of a heap has the host's process. */
const HEAP_MIB = 400;

/** Each holds as much as it may: many times what all may hold together. */
const STRIKES = 30;

/** What may be alive afterwards that was not before: half of what one of the requests may hold. Stacks and code that V8 keeps are some 17 MiB. */
const MAX_LEFT_BYTES = 32 * 1024 * 1024;

/** While other tests run. */
const SLOW = { timeout: 120_000 };

const LINKER = ['linker', 'reset'] as const;
const FRESH = ['linker', 'fresh'] as const;
const JCO = ['jco', 'fresh'] as const;

type Case = readonly [name: string, engine: string, isolation: string];

test.each<Case>([
  ['responses-never-sent', ...LINKER],
  ['bodies-for-ever', ...LINKER],
  ['bodies-then-trap', ...FRESH],
  ['empty-writes-to-many', ...FRESH],
  ['clones-that-are-written', ...LINKER],
  ['trailers-of-many', ...LINKER],
  ['paths-of-15-mebibytes', ...LINKER],
  ['handles-of-its-own-for-ever', ...LINKER],
  ['timers-for-ever', ...LINKER],
  ['futures-kept', ...LINKER],
  ['uploads-to-nobody', ...LINKER],
  ['responses-never-sent', ...JCO],
  ['clones-that-are-written', ...JCO],
])(
  'guests that have the host hold all they can end neither it nor a neighbour, and leave nothing (%s, %s %s)',
  SLOW,
  async (...attack) => {
    const execArgv = [`--max-old-space-size=${HEAP_MIB}`];
    const host = fork(new URL('./held-host.ts', import.meta.url), attack, { execArgv });
    using _ending = { [Symbol.dispose]: () => host.connected && host.disconnect() };
    const [{ good, hostile, path }] = (await once(host, 'message')) as [Targets];
    const before = await weigh(host);

    const strikes = Promise.all(Array.from({ length: STRIKES }, () => outcomeOf(requestRaw(hostile, rawGet(path)))));
    const neighbour = untilSettled(strikes, () => requestRaw(good, rawGet('/')));
    for (const outcome of await strikes) expect([500, 503, 504]).toContain(outcome);
    for (const { status } of await neighbour) expect(status).toBe(200);

    const after = await weigh(host);
    expect(after).toMatchObject({ inFlight: 0, heldBytes: 0 });
    expect(after.maxHeldBytes).toBeLessThanOrEqual(after.maxTotalHeldBytes);
    expect(after.aliveBytes - before.aliveBytes).toBeLessThan(MAX_LEFT_BYTES);
    expect(await requestRaw(good, rawGet('/'))).toMatchObject({ status: 200 });
  },
);

async function weigh(host: ChildProcess): Promise<Weight> {
  host.send('weigh');
  const [weight] = (await once(host, 'message')) as [Weight];
  return weight;
}

/** What `ask` gives, again and again until `strikes` are over. */
async function untilSettled<T>(strikes: Promise<unknown>, ask: () => Promise<T>): Promise<T[]> {
  const areOver = strikes.then(
    () => true,
    () => true,
  );
  const replies: T[] = [];
  for (;;) {
    replies.push(await ask());
    if (await Promise.race([areOver, Promise.resolve(false)])) return replies;
  }
}
