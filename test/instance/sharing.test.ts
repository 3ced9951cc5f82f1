import { afterEach, describe, expect, test } from 'vitest';
import { LOAD_WAYS } from '../harness/guests.ts';
import { linesOf, serveGuest } from '../harness/serve-guest.ts';
import type { Served } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { until } from '../harness/until.ts';

const textOf = async ({ origin }: Served, path = '/'): Promise<string> => (await fetch(`${origin}${path}`)).text();

/** The replies to requests that come one after the other. */
async function ask(served: Served, count: number, path = '/'): Promise<string[]> {
  const replies: string[] = [];
  for (let index = 0; index < count; index += 1) replies.push(await textOf(served, path));
  return replies;
}

describe.each(LOAD_WAYS)('$engine $isolation', (way) => {
  test('requests share an instance, as many as may, and the next ones find nothing of theirs', async () => {
    await using served = await serveGuest('counter', { maxInstanceReuseCount: 3 }, way);
    expect(await ask(served, 7)).toEqual([
      '1 clean\n',
      '2 dirty\n',
      '3 dirty\n',
      '1 clean\n',
      '2 dirty\n',
      '3 dirty\n',
      '1 clean\n',
    ]);
  });

  test('each has its own number, which stands before its output', async () => {
    await using served = await serveGuest('print', { maxInstanceReuseCount: 8 }, way);
    expect(await ask(served, 2)).toEqual(['printed\n', 'printed\n']);
    await until(() => linesOf(served, 'stdout').includes('stdout [1] :: out three'));
    expect(linesOf(served, 'stdout')).toContain('stdout [0] :: out three');
  });

  test('a trap ends the instance for all', async () => {
    await using served = await serveGuest('canary', { maxInstanceReuseCount: 100 }, way);
    expect(await textOf(served)).toContain('visits -> 0\n');
    expect(await textOf(served)).toContain('visits -> 1\n');
    await fetch(`${served.origin}/?end=trap`).catch(() => undefined);
    expect(await textOf(served)).toContain('visits -> 0\n');
  });
});

describe('a shared instance', () => {
  const open: Served[] = [];
  afterEach(async () => {
    for (const served of open.splice(0)) await served[Symbol.asyncDispose]();
  });

  async function serve(name: string, options: Parameters<typeof serveGuest>[1]): Promise<Served> {
    const served = await serveGuest(name, options);
    open.push(served);
    return served;
  }

  test('serves one request at a time: concurrent ones have others', async () => {
    const served = await serve('sleep', { maxInstanceReuseCount: 100 });
    const replies = await Promise.all(Array.from({ length: 8 }, () => textOf(served, '/?ms=50')));
    expect(new Set(replies)).toEqual(new Set(['slept 50\n']));
  });

  test('is restored when it has waited for long', async () => {
    const served = await serve('counter', { maxInstanceReuseCount: 100, idleInstanceTimeoutMs: 1 });
    expect(await textOf(served)).toBe('1 clean\n');
    await until(async () => (await textOf(served)) === '1 clean\n');
  });

  test('of a guest that fails on its second request is replaced', async () => {
    const served = await serve('js-fetch-event', { maxInstanceReuseCount: 100 });
    const statuses: number[] = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await fetch(`${served.origin}/`)).status);
    expect(statuses).toEqual([200, 500, 200, 500]);
  });

  test('is the default for nobody', async () => {
    const served = await serve('counter', {});
    expect(await ask(served, 3)).toEqual(['1 clean\n', '1 clean\n', '1 clean\n']);
  });

  test('has its time anew for each request', async () => {
    const served = await serve('spin', { maxInstanceReuseCount: 100, cpuTimeoutMs: 1000, timeoutMs: 0 });
    for (let spent = 0; spent < 4; spent += 1) {
      const reply = await fetch(`${served.origin}/?ms=400`);
      expect(reply.status).toBe(200);
    }
  });

  test('leaves nothing behind when its host closes', async () => {
    const served = await serve('canary', { maxInstanceReuseCount: 100, idleInstanceTimeoutMs: 60_000 });
    const start = leftovers(served.host);
    await ask(served, 5);
    await untilNothingIsLeft(served.host, start);
    await served.host.close();
    expect(served.host.load.heldBytes).toBe(0);
  });
});
