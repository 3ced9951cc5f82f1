import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { connectRaw, rawGet, requestRaw } from '../harness/raw-client.ts';
import { listAttacks } from './assemble.ts';
import type { Origins } from './heap-host.ts';

/** So much of a heap has the host's process, of which it takes a tenth itself. */
const HEAP_MIB = 400;

/** More than fill it, whatever they fill it with. */
const STRIKES = 60;

/** What becomes of them: those that fit in wait until their deadline. Clones have a limit of their own, which most reach before. */
const ENDS: Readonly<Record<string, readonly number[]>> = { clone: [500, 503, 504] };
const USUAL_ENDS = [503, 504];

/** While other tests run. */
const SLOW = { timeout: 120_000 };

/** These start small, and `table.grow` returns -1 if there is no room: then none needs to end with 503. */
const START_SMALL: ReadonlySet<string> = new Set(['tables', 'grown-little-by-little', 'of-structs', 'of-exceptions']);

const ATTACKS = ['heap', 'tables'].flatMap((file) => listAttacks(file).map((name) => [file, name] as const));

test.each(ATTACKS)('guests that fill the heap do not end the process (%s: %s)', SLOW, async (file, name) => {
  const execArgv = [`--max-old-space-size=${HEAP_MIB}`];
  const host = fork(new URL('./heap-host.ts', import.meta.url), [file, name, 'linker'], { execArgv });
  using _ending = { [Symbol.dispose]: () => host.disconnect() };
  const [{ good, hostile }] = (await once(host, 'message')) as [Origins];
  const strikes = Array.from({ length: STRIKES }, () => requestRaw(hostile, rawGet('/')));
  const statuses = (await Promise.all(strikes)).map(({ status }) => status);
  const ends = ENDS[name] ?? USUAL_ENDS;
  for (const status of statuses) expect(ends).toContain(status);
  if (ends === USUAL_ENDS && !START_SMALL.has(name)) expect(statuses).toContain(503);
  expect(isAlive(host)).toBe(true);
  await untilGood(good);
});

// No check of the guest's comes in between.
test.each(['one-name-a-thousand-times', 'one-buffer-thousands-of-times', 'one-pollable-a-hundred-million-times'])(
  "what jco's glue makes of one list does not end the process (%s)",
  SLOW,
  async (name) => {
    const execArgv = [`--max-old-space-size=${HEAP_MIB}`];
    const host = fork(new URL('./heap-host.ts', import.meta.url), ['to-host', name, 'jco'], { execArgv });
    using _ending = { [Symbol.dispose]: () => host.disconnect() };
    const [{ good, hostile }] = (await once(host, 'message')) as [Origins];
    expect([500, 503, 504]).toContain((await requestRaw(hostile, rawGet('/'))).status);
    expect(isAlive(host)).toBe(true);
    await untilGood(good);
  },
);

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** A client that retries as instructed. */
async function untilGood(origin: string): Promise<void> {
  for (;;) {
    await using client = await connectRaw(origin);
    await client.send(rawGet('/'));
    if ((await client.readReply()).status === 200) return;
  }
}
